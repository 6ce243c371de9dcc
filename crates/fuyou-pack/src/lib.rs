//! The pack language: definition files in, a checked Pack or all diagnostics out.
