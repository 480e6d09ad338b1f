//! The macro behind the two tables: from one line per implementation it makes
//! the enum that a pipeline file is read into.
//!
//! Knows nothing of what is in the tables.

/// Makes the enum `$spec`, one newtype variant per line, which dereferences to
/// `dyn $implementation`.
macro_rules! table {
    (
        $(#[$docs:meta])*
        enum $spec:ident of dyn $implementation:ident {
            $($name:ident => $path:path;)+
        }
    ) => {
        $(#[$docs])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        pub enum $spec {
            $(#[expect(missing_docs, reason = "each type documents itself")] $name($path),)+
        }

        impl $spec {
            /// All names, as written in pipeline files.
            pub const NAMES: &[&str] = &[$(stringify!($name)),+];

            /// Its name, as written in pipeline files.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$name(_) => stringify!($name),)+
                }
            }

            /// The one of this name, every field at its default.
            #[must_use]
            pub fn by_name(name: &str) -> Option<Self> {
                match name {
                    $(stringify!($name) => Some(Self::$name(Default::default())),)+
                    _ => None,
                }
            }
        }

        impl std::ops::Deref for $spec {
            type Target = dyn $implementation;

            fn deref(&self) -> &Self::Target {
                match self {
                    $(Self::$name(value) => value,)+
                }
            }
        }

        impl std::ops::DerefMut for $spec {
            fn deref_mut(&mut self) -> &mut Self::Target {
                match self {
                    $(Self::$name(value) => value,)+
                }
            }
        }
    };
}

pub(crate) use table;
