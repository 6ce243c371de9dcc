//! Planning: the annual plan comes in, its targets are bound to indicators.

pub mod reader;
pub mod terms;
