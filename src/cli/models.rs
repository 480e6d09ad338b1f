//! `acai-pipe models`.
//!
//! Knows nothing of nets but that `net` lists them.

use super::{
    exit::{Exit, Failure},
    out,
};
use crate::net;

pub(super) fn run() -> Result<Exit, Failure> {
    let lines: String = net::compiled_sizes().iter().map(|size| format!("{size}\n")).collect();
    out::data(&lines)
}
