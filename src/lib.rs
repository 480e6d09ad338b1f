//! acai-pipe: declarative pipelines for studying interpolation in autoencoders.
//!
//! ```text
//! pipeline.ron ─parse→ Pipeline ─plan→ Plan ─run→ Event… → terminal / JSON / table
//!   (text)     config  (as written)  plan  (proved DAG)  engine
//!                                                         │
//!                                                         └→ Store: Key → Artifact (HDF5) → report, show
//! ```
//!
//! One direction, no back and forth. `config` reads exactly what is written;
//! `plan` proves it sound and unfolds it into instances; `engine` runs what the
//! store lacks and tells events; `bundle` gives a study to strangers and takes
//! one from them; `lock` says beside the file what came out, and
//! verifies it; `stage`, `autoencoder`, `dataset` and `metric` are the science,
//! `net` and `kernel` what it computes with, `artifact` what it leaves behind;
//! `cli`, `progress` and `report` speak to people.
//!
//! Imports go one way too, from left to right:
//!
//! ```text
//! cli → report, progress, bundle → lock → engine → plan → config → stage → autoencoder, dataset, metric → net → kernel
//!                                                     └───→ artifact
//! ```
//!
//! `names`, `events`, `errors`, `figures`, `files`, `random` and `text` are common ground.

pub mod artifact;
pub mod autoencoder;
pub mod bundle;
pub mod cli;
pub mod config;
pub mod dataset;
pub mod engine;
pub mod errors;
pub mod events;
pub mod figures;
pub(crate) mod files;
pub mod kernel;
pub mod lock;
pub mod metric;
pub mod names;
pub mod net;
pub mod plan;
pub mod progress;
pub mod random;
pub mod report;
pub mod stage;
pub mod text;
