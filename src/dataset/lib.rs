//! Datasets: where images come from.
//!
//! Lines are drawn; other images come from files, which a descriptor names:
//! they are looked for in some search paths or downloaded, verified, and decoded.
//!
//! Knows nothing of artifacts, nets or training.

pub mod checksum;
pub mod decode;
pub mod descriptor;
mod download;
pub mod error;
mod file_spec;
pub mod format;
pub mod hashes;
pub mod lines;
mod mirror;
pub mod pad;
pub mod resolve;
mod search_paths;
pub mod shipped;
pub mod split;

pub use error::FetchError;
pub use file_spec::FileSpec;
pub use mirror::Mirror;
pub use search_paths::{DatasetRef, Search, SearchPaths};
