//! Metrics: pure functions from numbers to figures.
//!
//! Knows nothing of artifacts, nets or where the numbers come from.

pub mod accuracy;
mod defined;
pub mod images;
pub mod lines;
pub mod score;
