//! Archives, read and written without unpacking them to disk: tar, and `.npz`
//! with its arrays.
//!
//! An archive may come from anywhere: whatever it says, memory stays bounded and
//! no name in it is used as a path.
//!
//! Knows nothing of what is stored in them.

pub mod npy;
pub mod npz;
pub mod tar;
