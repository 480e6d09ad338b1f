//! What every verb understands, and how pipelines are loaded.
//!
//! Knows nothing of what verbs do.

use std::{
    ffi::OsString,
    num::NonZero,
    path::{Path, PathBuf},
    sync::Once,
};

use clap::{Args, ValueEnum};

use super::{exit::Failure, out, size};
use acai_common::{files, shell};
use acai_config::{Context, Pipeline};
use acai_dataset::{SearchPaths, hashes::Hashes};
use acai_engine::{confined::Confined, remote::Remote, store::Store};
use acai_kernel as kernel;
use acai_net::DeviceKind;
use acai_plan::Plan;
use acai_progress::Verbosity;

/// Help of `--cache`.
const CACHE: &str = "Where results are kept [default: $ACAI_CACHE, else .acai]";

/// Help of `--remote`.
const REMOTE: &str = "A shared cache: `push` writes to it, `pull` and `run` get from it what is \
                      not here [default: $ACAI_REMOTE, else none]";

/// Options that may stand before or after the verb.
#[derive(Debug, Args)]
pub(super) struct Options {
    #[arg(long, global = true, value_name = "DIR", help = CACHE)]
    cache: Option<PathBuf>,
    #[arg(long, global = true, value_name = "DIR", help = REMOTE)]
    remote: Option<PathBuf>,
    /// A folder with files of datasets, before those of `ACAI_DATA`; may be repeated
    #[arg(long, global = true, value_name = "DIR")]
    data: Vec<PathBuf>,
    /// Download nothing
    #[arg(long, global = true)]
    offline: bool,
    /// The longest download of a file whose descriptor does not say its length [default: 1GiB]
    #[arg(long, global = true, value_name = "SIZE", value_parser = size::parse)]
    max_download: Option<u64>,
    /// How many threads compute [default: one per core]; results do not depend on it
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
    /// Set a value of the pipeline file, such as `models.kimg=64`; may be repeated
    #[arg(long = "set", global = true, value_name = "PATH=VALUE")]
    sets: Vec<String>,
    /// Where nets run
    #[arg(long, global = true, value_enum, default_value_t = Device::Cpu)]
    device: Device,
    /// Say only what goes wrong
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Say more
    #[arg(short, long, global = true)]
    verbose: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Device {
    /// The processor.
    Cpu,
    /// An NVIDIA GPU.
    Cuda,
}

impl Options {
    /// Refuses what this build or this machine cannot do.
    pub(super) fn check(&self) -> Result<(), Failure> {
        if self.device == Device::Cuda && !cfg!(feature = "cuda") {
            return Err(Failure::Usage(
                "this acai-pipe was built without CUDA: build it with `--features cuda`, or leave \
                 out `--device cuda`"
                    .to_owned(),
            ));
        }
        let wanted = variable("ACAI_SIMD").map(|name| name.to_string_lossy().into_owned());
        kernel::select_simd(wanted.as_deref()).map_err(Failure::Usage)?;
        self.note_threads();
        Ok(())
    }

    /// Reads and plans the pipeline at `path`, `--set` applied.
    pub(super) fn plan(&self, path: &Path) -> Result<Plan, Failure> {
        self.plan_with(path, &[])
    }

    /// The same with `more` settings after those of `--set`.
    pub(super) fn plan_with(&self, path: &Path, more: &[String]) -> Result<Plan, Failure> {
        files::expect_file(path).map_err(|error| Failure::Usage(error.to_string()))?;
        let hashes = Hashes::load(Some(self.store().hashes()));
        let mut around = Context { places: self.places(), hashes };
        let pipeline = Pipeline::read(path, &[&self.sets, more].concat(), &mut around)?;
        // It is a shortcut: without it the next command hashes again.
        drop(around.hashes.save());
        Ok(Plan::new(&pipeline)?)
    }

    /// The command that does `verb` with `pipeline` as these options have it, for
    /// people to type: where results are kept and got from, and what is set, would
    /// else be other than in the message.
    pub(super) fn command(&self, verb: &str, pipeline: &Path, more: &[&str]) -> String {
        let mut words: Vec<OsString> = vec![verb.into(), shell::path(pipeline)];
        words.extend(more.iter().map(OsString::from));
        for set in &self.sets {
            words.extend(["--set".into(), set.into()]);
        }
        words.extend(self.places_as_options());
        if self.device == Device::Cuda {
            words.extend(["--device".into(), "cuda".into()]);
        }
        shell::command(words.iter().map(OsString::as_os_str))
    }

    /// The command that does `verb` with the store alone.
    pub(super) fn store_command(&self, verb: &[&str]) -> String {
        let words = verb.iter().map(OsString::from);
        let words: Vec<OsString> = words.chain(option("--cache", self.cache.as_ref())).collect();
        shell::command(words.iter().map(OsString::as_os_str))
    }

    fn places_as_options(&self) -> impl Iterator<Item = OsString> {
        let data = self.data.iter().flat_map(|folder| option("--data", Some(folder)));
        option("--cache", self.cache.as_ref())
            .chain(option("--remote", self.remote.as_ref()))
            .chain(data)
            .chain(self.offline.then(|| "--offline".into()))
    }

    /// The store: `--cache`, else `ACAI_CACHE`, else `.acai`.
    pub(super) fn store(&self) -> Store {
        Store::new(&self.cache())
    }

    /// The folder that everything is kept in. If others can write to it, that is said once.
    pub(super) fn cache(&self) -> PathBuf {
        static SAID: Once = Once::new();
        let named = self.cache.clone().or_else(|| variable("ACAI_CACHE").map(PathBuf::from));
        let cache = named.unwrap_or_else(|| PathBuf::from(".acai"));
        SAID.call_once(|| self.warn_of_others(&cache));
        cache
    }

    fn warn_of_others(&self, cache: &Path) {
        let path = std::path::absolute(cache).unwrap_or_else(|_| cache.to_owned());
        let there = path.ancestors().find(|folder| folder.exists());
        let Some(folder) = there.and_then(files::writable_by_others) else { return };
        if self.verbosity() > Verbosity::Quiet {
            out::tell(&format!(
                "warning: everybody on this machine can write to `{}`, and so change what is kept \
                 in `{}`: `chmod o-w` ends that, or `--cache` names another folder",
                folder.display(),
                cache.display()
            ));
        }
    }

    /// The shared cache, if one is named: `--remote`, else `ACAI_REMOTE`.
    pub(super) fn remote(&self) -> Result<Option<Remote>, Failure> {
        let named = self.remote.clone().or_else(|| variable("ACAI_REMOTE").map(PathBuf::from));
        Ok(match named {
            Some(root) => Some(Remote::new(&root, Confined::this()?)?),
            None => None,
        })
    }

    /// The shared cache, for verbs that do nothing without one.
    pub(super) fn remote_needed(&self) -> Result<Remote, Failure> {
        self.remote()?.ok_or_else(|| {
            let help = "no shared cache is named: say `--remote DIR`, or set ACAI_REMOTE";
            Failure::Usage(help.to_owned())
        })
    }

    /// Where files of datasets are: `--data`, then `ACAI_DATA`; downloads go to
    /// `ACAI_DOWNLOADS`, else to the user's cache folder.
    pub(super) fn places(&self) -> SearchPaths {
        let listed = variable("ACAI_DATA");
        let listed = listed.iter().flat_map(std::env::split_paths);
        SearchPaths {
            folders: self.data.iter().cloned().chain(listed).collect(),
            downloads: downloads(),
            is_offline: self.offline,
            max_download: self.max_download,
        }
    }

    pub(super) fn device(&self) -> DeviceKind {
        match self.device {
            Device::Cpu => DeviceKind::Cpu,
            Device::Cuda => DeviceKind::Cuda,
        }
    }

    /// How many threads, at most one per processor that there is; 0 is one for each.
    pub(super) fn threads(&self) -> usize {
        self.threads.map_or(0, |wanted| usize::from(wanted).min(processors()))
    }

    /// Says that fewer threads compute than were asked for.
    fn note_threads(&self) {
        let (wanted, there) = (self.threads.map_or(0, usize::from), processors());
        if wanted > there && self.verbosity() > Verbosity::Quiet {
            let note = format!(
                "note: {there} threads compute instead of {wanted}: one for each processor there is"
            );
            out::tell(&note);
        }
    }

    pub(super) fn verbosity(&self) -> Verbosity {
        match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, false) => Verbosity::Normal,
            (false, true) => Verbosity::Verbose,
        }
    }
}

/// An option and its value, if it was given.
fn option(name: &str, value: Option<&PathBuf>) -> impl Iterator<Item = OsString> {
    let words = value.map(|value| [name.into(), value.clone().into_os_string()]);
    words.into_iter().flatten()
}

/// How many processors this process may use.
fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

/// Where downloads are kept, for all pipelines of a user.
fn downloads() -> Option<PathBuf> {
    let caches = || {
        let home = || Some(PathBuf::from(variable("HOME")?).join(".cache"));
        let cache = variable("XDG_CACHE_HOME").or_else(|| variable("LOCALAPPDATA"));
        Some(cache.map(PathBuf::from).or_else(home)?.join("acai-pipe"))
    };
    variable("ACAI_DOWNLOADS").map(PathBuf::from).or_else(caches)
}

/// An environment variable that is set to something.
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}
