//! `acai-pipe export PIPELINE INSTANCE --png DIR | --npz FILE | --safetensors FILE`.
//!
//! Knows nothing of what the formats lease; `report` writes them.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use clap::Args;

use super::{
    exit::{Exit, Failure},
    explain::position,
    opened::Opened,
    options::Options,
    out,
    output::OutputFile,
};
use acai_artifact::Reader;
use acai_common::{files, names::InstanceName};
use acai_engine::{key::Key, record::Record, status::statuses};
use acai_progress::Verbosity;
use acai_report::export::{ExportError, drawn, npz, weights};

/// Hand pictures, arrays or weights to other tools.
#[derive(Debug, Args)]
pub(super) struct Export {
    /// The pipeline file
    pipeline: PathBuf,
    /// The instance whose artifact is exported, such as `paths/acai/0`
    instance: String,
    #[command(flatten)]
    target: Target,
    /// How many pictures at most
    #[arg(long, value_name = "N", default_value_t = 64, requires = "png")]
    count: u32,
    /// Overwrite what is there
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Target {
    /// Write pictures into this folder: images, paths or samples, and a sheet of them
    #[arg(long, value_name = "DIR")]
    png: Option<PathBuf>,
    /// Write all arrays into this file, which `numpy.load` reads
    #[arg(long, value_name = "FILE")]
    npz: Option<PathBuf>,
    /// Write the weights of a model into this file, which PyTorch reads
    #[arg(long, value_name = "FILE")]
    safetensors: Option<PathBuf>,
}

impl Export {
    pub(super) fn run(&self, options: &Options) -> Result<Exit, Failure> {
        let Opened { plan, store, .. } = Opened::open(&self.pipeline, options)?;
        let index = position(&plan, &self.instance)?;
        let name = &plan.instances[index].name;
        let statuses = statuses(&plan, &store, options.device())?;
        let record = statuses[index].record.as_ref().ok_or_else(|| self.missing(name, options))?;
        if !store.is_sound(&record.digest)? {
            return Err(self.damaged(name, options));
        }
        let reader = Reader::open(&store.object(&record.digest))?;
        let written = self.write(&reader, record).map_err(|error| failure(name, error))?;
        if options.verbosity() != Verbosity::Quiet {
            out::tell(&format!("wrote {written}"));
        }
        Ok(Exit::Done)
    }

    /// Why there is nothing to export.
    fn missing(&self, name: &InstanceName, options: &Options) -> Failure {
        let run = options.command("run", &self.pipeline, &[]);
        Failure::Usage(format!("`{name}` has no artifact yet; `{run}` makes it"))
    }

    fn damaged(&self, name: &InstanceName, options: &Options) -> Failure {
        let run = options.command("run", &self.pipeline, &[]);
        let message = format!("the artifact of `{name}` is damaged; `{run}` makes it again");
        Failure::Io(io::Error::other(message))
    }

    /// Writes what is asked for; says what was written.
    fn write(&self, reader: &Reader, record: &Record) -> Result<String, ExportError> {
        let Target { png, npz, safetensors } = &self.target;
        if let Some(folder) = png {
            return self.pictures(reader, folder);
        }
        if let Some(path) = npz {
            return self.named(path, |file| npz::write(reader, file));
        }
        let path = safetensors.as_ref().expect("clap asks for one of the three");
        let bytes = weights::bytes(reader, autoencoder(&record.key))?;
        self.named(path, |file| Ok(file.write_all(&bytes)?))
    }

    fn pictures(&self, reader: &Reader, folder: &Path) -> Result<String, ExportError> {
        let drawn = drawn::drawn(reader, self.count as usize)?;
        let paths: Vec<PathBuf> =
            drawn.iter().map(|(name, _)| folder.join(format!("{name}.png"))).collect();
        // Nothing is written if anything is in the way.
        paths.iter().try_for_each(|path| self.refuse_to_overwrite(path))?;
        // Of these files only the folder was named.
        paths.iter().try_for_each(|path| files::expect_own_place(path))?;
        let made = fs::create_dir_all(folder);
        made.map_err(|error| io::Error::other(format!("`{}`: {error}", folder.display())))?;
        for ((_, picture), path) in drawn.iter().zip(&paths) {
            self.whole(path, |file| Ok(file.write_all(&picture.png())?))?;
        }
        Ok(format!("{} pictures into {}", paths.len(), folder.display()))
    }

    /// Writes the file that was named, or the one that a link there leads to; says which.
    fn named(
        &self,
        path: &Path,
        write: impl FnOnce(&mut BufWriter<File>) -> Result<(), ExportError>,
    ) -> Result<String, ExportError> {
        let output = OutputFile::named(path)?;
        self.whole(output.path(), write)?;
        Ok(output.to_string())
    }

    /// Writes a file whole or not at all.
    fn whole(
        &self,
        path: &Path,
        write: impl FnOnce(&mut BufWriter<File>) -> Result<(), ExportError>,
    ) -> Result<(), ExportError> {
        self.refuse_to_overwrite(path)?;
        files::write_atomically_with(path, write)
    }

    fn refuse_to_overwrite(&self, path: &Path) -> Result<(), ExportError> {
        if self.force || !path.exists() {
            return Ok(());
        }
        let there = format!("`{}` is there already; `--force` overwrites it", path.display());
        Err(io::Error::new(io::ErrorKind::AlreadyExists, there).into())
    }
}

/// The word for what was trained.
fn autoencoder(key: &Key) -> &str {
    let named = key.fields.iter().find(|field| field.name == "autoencoder");
    named.map_or("", |field| field.value.as_str())
}

/// What is asked for in vain is the command line's fault, all else the disk's.
fn failure(name: &InstanceName, error: ExportError) -> Failure {
    match error {
        ExportError::Nothing(why) => Failure::Usage(format!("`{name}` {why}")),
        ExportError::Io(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Failure::Usage(error.to_string())
        }
        ExportError::Artifact(error) => Failure::Artifact(error),
        ExportError::Io(error) => Failure::Io(error),
    }
}
