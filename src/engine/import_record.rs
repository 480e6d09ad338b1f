//! Records that come from elsewhere.
//!
//! Knows nothing of where, or of why they are believed.

use super::{
    record::Record,
    store::{Store, StoreError, object_name},
};
use acai_common::files::FileLock;

impl Store {
    /// Keeps a record that was made elsewhere, whether or not its artifact is here.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub fn import_record(&self, record: &Record) -> Result<(), StoreError> {
        self.make_folders()?;
        let key = record.key.digest().to_string();
        let _lock = self.check(FileLock::lock_uninterrupted(&self.path("locks", &key)))?;
        let object = self.entry("objects", &object_name(&record.digest))?;
        let bytes = object.map_or(record.bytes, |object| object.bytes);
        let record = Record { bytes, ..record.clone() };
        self.write("actions", &key, &record.text())
    }
}
