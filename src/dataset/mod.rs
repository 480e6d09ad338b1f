//! Datasets: where images come from.
//!
//! Knows nothing of artifacts, nets or training.

pub mod lines;
