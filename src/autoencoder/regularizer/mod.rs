//! What may be added to an autoencoder's loss, one file each.
//!
//! Knows nothing of which autoencoder it is added to.

mod acai;
mod lsgan;

pub use acai::{Acai, mixing_coefficient, partner};
pub use lsgan::Lsgan;
