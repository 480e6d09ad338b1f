//! How the result of an instance that was run again compares with the expected one.

use acai_artifact::Difference;

/// Where an expected result comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The lockfile.
    Lockfile,
    /// The store.
    Store,
}

/// How an instance compares.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Every bit is the same.
    Identical(Source),
    /// Numbers alone differ, and none further than tolerated.
    Within(Source, Vec<Difference>),
    /// It differs; in what, if that can be told.
    Differs(Source, Result<Vec<Difference>, String>),
    /// It was not run, and why.
    NotRun(String),
}

impl Source {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Lockfile => "lock",
            Self::Store => "store",
        }
    }
}

impl Verdict {
    /// The verdict on these differences from what `source` says.
    pub(super) fn of(
        source: Source,
        differences: Result<Vec<Difference>, String>,
        tolerance: Option<f64>,
    ) -> Self {
        let is_within = |list: &[Difference]| {
            tolerance.is_some_and(|tolerance| list.iter().all(|one| one.is_within(tolerance)))
        };
        match differences {
            Ok(list) if list.is_empty() => {
                Self::Differs(source, Err("the digests differ, and nothing else does".to_owned()))
            }
            Ok(list) if is_within(&list) => Self::Within(source, list),
            differences => Self::Differs(source, differences),
        }
    }

    /// The words for it.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Identical(_) => "bit-identical",
            Self::Within(..) => "equal within tolerance",
            Self::Differs(..) => "differs",
            Self::NotRun(_) => "not run",
        }
    }

    /// Whether the result is as expected.
    #[must_use]
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Identical(_) | Self::Within(..))
    }

    /// What it was compared with.
    #[must_use]
    pub fn source(&self) -> Option<Source> {
        match self {
            Self::Identical(source) | Self::Within(source, _) | Self::Differs(source, _) => {
                Some(*source)
            }
            Self::NotRun(_) => None,
        }
    }

    /// What differs, in the order of the artifact.
    #[must_use]
    pub fn differences(&self) -> &[Difference] {
        match self {
            Self::Within(_, list) | Self::Differs(_, Ok(list)) => list,
            _ => &[],
        }
    }

    /// Why it was not run, or what differs where that cannot be told by number.
    #[must_use]
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::NotRun(why) | Self::Differs(_, Err(why)) => Some(why),
            _ => None,
        }
    }
}
