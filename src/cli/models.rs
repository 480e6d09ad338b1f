//! `acai-pipe models`.
//!
//! Knows nothing of nets but that `net` lists them.

use super::{
    exit::{Exit, Failure},
    out,
};
use acai_net as net;

pub(super) fn run() -> Result<Exit, Failure> {
    out::data(&(net::compiled_sizes().join("\n") + "\n"))
}
