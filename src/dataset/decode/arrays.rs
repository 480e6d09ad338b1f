//! An array of images and an array of labels, read side by side.
//!
//! Knows nothing of how a format writes its headers.

use super::{
    FormatError, ImageBlock, Problem, Survey, TakeBlock, bounded_reader::BoundedReader,
    number::Coding, pixel_order::PixelOrder, read_ahead::read_ahead,
};

/// Some images in a row as they are stored.
pub(crate) struct StoredBlock {
    pub(crate) first: usize,
    pub(crate) survey: Survey,
    pub(crate) pixel_order: PixelOrder,
    pub(crate) pixels: Vec<u8>,
    pub(crate) labels: Vec<i64>,
}

impl StoredBlock {
    /// Puts the pixels in order.
    pub(crate) fn arrange(self) -> ImageBlock {
        let images = self.pixel_order.arrange(self.survey, self.pixels);
        ImageBlock { first: self.first, images, labels: self.labels }
    }
}

/// Hands the images that `read` sends to `take`, with their pixels in order.
pub(crate) fn decode(
    read: impl FnOnce(&mut dyn FnMut(StoredBlock) -> bool) -> Result<(), FormatError> + Send,
    take: TakeBlock<'_>,
) -> Result<(), FormatError> {
    read_ahead(read, |stored| Ok(take(stored.arrange())))
}

/// Two streams, both at their first element.
pub(crate) struct Arrays<'a> {
    /// What the headers say.
    pub(crate) survey: Survey,
    pub(crate) pixel_order: PixelOrder,
    pub(crate) images: BoundedReader<'a>,
    pub(crate) labels: BoundedReader<'a>,
    pub(crate) coding: Coding,
    /// How many zero bytes may follow an array.
    pub(crate) padding: usize,
}

impl Arrays<'_> {
    /// What the headers say, if it agrees with the lengths that are known.
    pub(crate) fn survey(&self) -> Result<Survey, FormatError> {
        let Survey { count, .. } = self.survey;
        self.fits(&self.images, "images", self.survey.image(), count)?;
        self.fits(&self.labels, "labels", self.coding.size(), count)?;
        Ok(self.survey)
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
    pub(crate) fn send(
        mut self,
        count: usize,
        send: &mut dyn FnMut(StoredBlock) -> bool,
    ) -> Result<(), FormatError> {
        let survey = self.survey()?;
        survey.has(count).map_err(|problem| self.images.error(problem))?;
        let mut first = 0;
        while first < count {
            let stored = self.block(first, survey.per_block().min(count - first))?;
            first += stored.labels.len();
            if !send(stored) {
                return Ok(());
            }
        }
        if count == survey.count {
            ends(&mut self.images, "images", count, self.padding)?;
            ends(&mut self.labels, "labels", count, self.padding)?;
        }
        Ok(())
    }

    fn block(&mut self, first: usize, count: usize) -> Result<StoredBlock, FormatError> {
        let (survey, pixel_order, image) = (self.survey, self.pixel_order, self.survey.image());
        let pixels = self.images.some(count * image)?;
        if pixels.len() < count * image {
            let whole = first + pixels.len() / image;
            let short = Problem::CutShort { items: "images", announced: survey.count, whole };
            return Err(self.images.error(short));
        }
        Ok(StoredBlock { first, survey, pixel_order, pixels, labels: self.labels(first, count)? })
    }

    fn labels(&mut self, first: usize, count: usize) -> Result<Vec<i64>, FormatError> {
        let size = self.coding.size();
        let bytes = self.labels.some(count * size)?;
        if bytes.len() < count * size {
            let (announced, whole) = (self.survey.count, first + bytes.len() / size);
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
