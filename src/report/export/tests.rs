//! What is exported is read back by other means.
