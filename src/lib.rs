//! acai-pipe: declarative pipelines for studying interpolation in autoencoders.

pub mod artifact;
pub mod autoencoder;
pub mod cli;
pub mod config;
pub mod dataset;
pub mod engine;
pub mod errors;
pub mod events;
pub mod figures;
pub mod kernel;
pub mod metric;
pub mod names;
pub mod net;
pub mod plan;
pub mod progress;
pub mod random;
pub mod report;
pub mod stage;
pub mod text;
