//! What every other crate may use: names, diagnostics, events, text.
//!
//! Knows nothing of stages, nets, the store or the command line.

pub mod address;
pub mod base64;
pub mod diagnostics;
pub mod events;
pub mod files;
pub mod format;
pub mod machine;
pub mod names;
pub mod printable;
pub mod shell;
pub mod shown;
pub mod text;
