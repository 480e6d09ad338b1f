//! Records that come from elsewhere.
//!
//! Knows nothing of where, or of why they are believed.

use super::{
    record::Record,
    store::{Store, StoreError},
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
        let object = self.object(&record.digest);
        let bytes = fs_err::metadata(object).map_or(record.bytes, |object| object.len());
        let record = Record { bytes, ..record.clone() };
        self.check(self.write("actions", &key, &record.text()))
    }
}
