//! What a file that nobody vouches for may not have, though HDF5 would read it:
//! links that lead elsewhere, data in other files, filters that artifacts do
//! not use, more data than the file can hold.
//!
//! Knows nothing of what is done with the rest.

use hdf5::{LinkType, dataset::Layout as Storage, filters::Filter};

use super::{DEEPEST, LONGEST_ROW, MOST_DEFLATED, MOST_OBJECTS};
use crate::{ArtifactError, ArtifactErrorKind, ElementType, Layout, Reader};

/// Groups and datasets of a file, sorted.
pub(super) struct Survey {
    pub(super) groups: Vec<String>,
    pub(super) datasets: Vec<String>,
}

/// Lists everything in the file; refuses what is no tree of its own objects.
pub(super) fn survey(reader: &Reader) -> Result<Survey, ArtifactError> {
    let mut found = Survey { groups: vec![String::new()], datasets: Vec::new() };
    let mut open = vec![String::new()];
    while let Some(path) = open.pop() {
        for name in plain_links(reader, &path)? {
            let inner = if path.is_empty() { name } else { format!("{path}/{name}") };
            if found.groups.len() + found.datasets.len() >= MOST_OBJECTS {
                return Err(odd(reader, &inner, "holds too many groups and datasets"));
            }
            if inner.split('/').count() > DEEPEST {
                return Err(odd(reader, &inner, "is nested too deep, or holds itself"));
            }
            if reader.file.dataset(&inner).is_ok() {
                found.datasets.push(inner);
            } else {
                found.groups.push(inner.clone());
                open.push(inner);
            }
        }
    }
    found.groups.sort();
    found.datasets.sort();
    Ok(found)
}

/// Names of what the group holds itself.
fn plain_links(reader: &Reader, path: &str) -> Result<Vec<String>, ArtifactError> {
    let (mut names, mut leads_away) = (Vec::new(), None);
    let visit = |name: &str, info: hdf5::LinkInfo| {
        if info.link_type != LinkType::Hard {
            leads_away = Some(name.to_owned());
        }
        names.push(name.to_owned());
        Ok(())
    };
    let group = reader.group(path)?;
    group.iter_visit_default(visit).map_err(|error| reader.at(path, error))?;
    match leads_away {
        Some(name) => Err(odd(reader, &name, "is a link to something else, which no artifact has")),
        None => Ok(names),
    }
}

/// How a dataset lies in the file; refuses what no artifact has.
pub(super) fn layout(
    reader: &Reader,
    path: &str,
    (element, bytes): (ElementType, u64),
) -> Result<Layout, ArtifactError> {
    let dataset = reader.dataset(path)?;
    let plan = dataset.dcpl().map_err(|error| reader.at(path, error))?;
    let outside = plan.get_external().map_err(|error| reader.at(path, error))?;
    let storage = dataset.layout();
    let layout = match storage {
        _ if !outside.is_empty() => None,
        Storage::Chunked => Some(Layout::Compressed),
        Storage::Contiguous | Storage::Compact => Some(Layout::Contiguous),
        Storage::Virtual => None,
    };
    let layout = layout.ok_or_else(|| odd(reader, path, "lies in other files"))?;
    let is_known = |filter: &Filter| {
        matches!(filter, Filter::Deflate(_) | Filter::Shuffle | Filter::Fletcher32)
    };
    if !plan.filters().iter().all(is_known) {
        return Err(odd(reader, path, "is packed in a way that artifacts are not"));
    }
    let chunk = dataset.chunk().unwrap_or_default();
    let multiply = |product: usize, &axis: &usize| product.checked_mul(axis);
    let chunk = chunk.iter().try_fold(element.size(), multiply);
    if chunk.is_none_or(|bytes| bytes > LONGEST_ROW) {
        return Err(odd(reader, path, "has chunks that are larger than any artifact's"));
    }
    let room = match layout {
        Layout::Contiguous => reader.file.size(),
        Layout::Compressed => reader.file.size().saturating_mul(MOST_DEFLATED),
    };
    if bytes > room {
        return Err(odd(reader, path, "says it holds more than the file can"));
    }
    Ok(layout)
}

pub(super) fn odd(reader: &Reader, path: &str, what: &str) -> ArtifactError {
    reader.error(path, ArtifactErrorKind::Odd(what.to_owned()))
}
