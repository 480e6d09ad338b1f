//! An array of images and an array of labels, read side by side.
//!
//! Knows nothing of how a format writes its headers.

use super::{
    Block, Facts, FormatError, Problem, bounded_reader::BoundedReader, layout::Layout,
    number::Coding,
};

/// Some images in a row as they are stored.
pub(super) struct Stored {
    pub(super) first: usize,
    pub(super) facts: Facts,
    pub(super) layout: Layout,
    pub(super) pixels: Vec<u8>,
    pub(super) labels: Vec<i64>,
}

impl Stored {
    /// Puts the pixels in order.
    pub(super) fn arrange(self) -> Block {
        let images = self.layout.arrange(self.facts, self.pixels);
        Block { first: self.first, images, labels: self.labels }
    }
}

/// Two streams, both at their first element.
pub(super) struct Arrays<'a> {
    /// What the headers say.
    pub(super) facts: Facts,
    pub(super) layout: Layout,
    pub(super) images: BoundedReader<'a>,
    pub(super) labels: BoundedReader<'a>,
    pub(super) coding: Coding,
    /// How many zero bytes may follow an array.
    pub(super) padding: usize,
}

impl Arrays<'_> {
    /// What the headers say, if it agrees with the lengths that are known.
    pub(super) fn survey(&self) -> Result<Facts, FormatError> {
        let Facts { count, .. } = self.facts;
        self.fits(&self.images, "images", self.facts.image(), count)?;
        self.fits(&self.labels, "labels", self.coding.size(), count)?;
        Ok(self.facts)
    }

    fn fits(
        &self,
        bounded_reader: &BoundedReader<'_>,
        items: &'static str,
        size: usize,
        announced: usize,
    ) -> Result<(), FormatError> {
        let Some(left) = bounded_reader.left() else { return Ok(()) };
        let whole = usize::try_from(left / size as u64).unwrap_or(usize::MAX);
        if whole < announced {
            return Err(bounded_reader.error(Problem::CutShort { items, announced, whole }));
        }
        let over = left - (announced * size) as u64;
        let is_over = over > self.padding as u64;
        if is_over {
            Err(bounded_reader.error(Problem::GoesOn { items, announced }))
        } else {
            Ok(())
        }
    }

    /// Sends the first `count` images, block by block, until `send` returns false.
    pub(super) fn send(
        mut self,
        count: usize,
        send: &mut dyn FnMut(Stored) -> bool,
    ) -> Result<(), FormatError> {
        let facts = self.survey()?;
        facts.has(count).map_err(|problem| self.images.error(problem))?;
        let mut first = 0;
        while first < count {
            let stored = self.block(first, facts.per_block().min(count - first))?;
            first += stored.labels.len();
            if !send(stored) {
                return Ok(());
            }
        }
        if count == facts.count {
            ends(&mut self.images, "images", count, self.padding)?;
            ends(&mut self.labels, "labels", count, self.padding)?;
        }
        Ok(())
    }

    fn block(&mut self, first: usize, count: usize) -> Result<Stored, FormatError> {
        let (facts, layout, image) = (self.facts, self.layout, self.facts.image());
        let pixels = self.images.some(count * image)?;
        if pixels.len() < count * image {
            let whole = first + pixels.len() / image;
            let short = Problem::CutShort { items: "images", announced: facts.count, whole };
            return Err(self.images.error(short));
        }
        Ok(Stored { first, facts, layout, pixels, labels: self.labels(first, count)? })
    }

    fn labels(&mut self, first: usize, count: usize) -> Result<Vec<i64>, FormatError> {
        let size = self.coding.size();
        let bytes = self.labels.some(count * size)?;
        if bytes.len() < count * size {
            let (announced, whole) = (self.facts.count, first + bytes.len() / size);
            return Err(self.labels.error(Problem::CutShort { items: "labels", announced, whole }));
        }
        let numbers = bytes.chunks_exact(size).enumerate().map(|(at, bytes)| {
            self.coding.integer(bytes).map_err(|found| {
                let wanted = "an integer of at most 64 bits";
                self.labels.error(Problem::Label { image: first + at, found, wanted })
            })
        });
        numbers.collect()
    }
}

/// Makes sure that nothing but `padding` follows, and that checksums are right.
fn ends(
    bounded_reader: &mut BoundedReader<'_>,
    items: &'static str,
    announced: usize,
    padding: usize,
) -> Result<(), FormatError> {
    let rest = bounded_reader.some(padding + 1)?;
    let is_over = rest.len() > padding || rest.iter().any(|&byte| byte != 0);
    if is_over { Err(bounded_reader.error(Problem::GoesOn { items, announced })) } else { Ok(()) }
}
