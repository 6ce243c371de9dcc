//! The server: one folder per capability.
