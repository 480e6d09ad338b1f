//! Reading RON: where everything stands, what is wrong with it, and what was
//! probably meant.
//!
//! Knows nothing of what a pipeline is.

mod ordered;

pub use ordered::Ordered;
