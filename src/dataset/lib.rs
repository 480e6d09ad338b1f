//! Datasets: where images come from.
//!
//! Lines are drawn; other images come from files, which a descriptor names:
//! they are looked for in some places or downloaded, verified, and decoded.
//!
//! Knows nothing of artifacts, nets or training.

pub mod checksum;
pub mod descriptor;
mod download;
pub mod error;
pub mod format;
pub mod hashes;
pub mod known;
pub mod lines;
pub mod pad;
mod places;
pub mod shipped;
pub mod split;
mod wanted;

pub use error::FetchError;
pub use places::{Owner, Places, Search};
pub use wanted::Wanted;
