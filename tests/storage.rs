//! Nothing is lost, stale, or stopped by an odd file: full and failing disks, archives
//! unpacked over each other, trials beside studies, what others leave in a store.
//!
//! Knows nothing of kills, which are in `survival` and `storm`.
#![cfg(unix)]

mod disks;
mod entries;
mod kept;
mod stale;
