//! What every other crate may use: names, diagnostics, events, text.
//!
//! Knows nothing of stages, nets, the store or the command line.

pub mod errors;
pub mod events;
pub mod figures;
pub mod files;
pub mod names;
pub mod text;
