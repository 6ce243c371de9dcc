//! Typed columns in memory and one fused scan for many indicators.
