//! A pipeline exactly as it is written: text and `--set` to [`Pipeline`].
//!
//! Judges syntax, names of fields and ranges of single fields, all diagnostics at
//! once; what stages mean to each other is the plan's business.
//!
//! Knows nothing of the store, of keys or of what has run.

mod pipeline;
mod set;

pub use pipeline::{Context, Pipeline, PrimaryScore, StageEntry};
