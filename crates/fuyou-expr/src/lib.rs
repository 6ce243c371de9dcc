//! The expression language: one meaning from the bedside to the province.
