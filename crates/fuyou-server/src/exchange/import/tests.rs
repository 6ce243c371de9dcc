//! Files come in once, whole, with a reason for each line that does not.
