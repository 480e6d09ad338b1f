//! The table of compiled net sizes, and the nets as types.
//!
//! Knows nothing of how layers compute. To add a size: one row in [`sizes!`].

use dfdx::tensor::Cpu;
#[cfg(any(feature = "cuda", test))]
use dfdx::tensor::OwnedTape;

use super::{
    DeviceKind, NetSize,
    device::Backend,
    dyn_net::{ExecMode, Net, NetError, TypedNet},
    layer::{Conv, Layer, Layers, ParameterSpec, Pool, Upscale},
    tape::FusedTape,
};

/// Rows and columns of the images every net takes.
pub const SIDE: usize = 32;

/// Which net of an autoencoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetKind {
    /// Images to latents; also the critic, which has its own weights.
    Encoder,
    /// Latents to images.
    Decoder,
}

/// One row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompiledSize {
    /// Colour channels of the images.
    pub channels: usize,
    /// The size as a pipeline file names it.
    pub size: NetSize,
    /// What it is for.
    pub purpose: &'static str,
}

/// Two convolutions, then half the side.
type Down<const I: usize, const O: usize, const IN: usize, const OUT: usize, D> =
    (Conv<I, O, 3, true, D>, Conv<O, O, 3, true, D>, Pool<IN, OUT>);

/// Two convolutions, then twice the side.
type Up<const I: usize, const O: usize, const IN: usize, const OUT: usize, D> =
    (Conv<I, O, 3, true, D>, Conv<O, O, 3, true, D>, Upscale<IN, OUT>);

/// The encoder's type: 1×1 to `depth` channels; halvings; `depth · 2^S`; latent.
macro_rules! encoder {
    ($D:ident; $c:literal $d:literal $l:literal; 32 16 8) => {
        (
            Conv<$c, $d, 1, false, $D>,
            Down<$d, $d, 32, 16, $D>,
            Down<$d, { 2 * $d }, 16, 8, $D>,
            Conv<{ 2 * $d }, { 4 * $d }, 3, true, $D>,
            Conv<{ 4 * $d }, $l, 3, false, $D>,
        )
    };
    ($D:ident; $c:literal $d:literal $l:literal; 32 16 8 4) => {
        (
            Conv<$c, $d, 1, false, $D>,
            Down<$d, $d, 32, 16, $D>,
            Down<$d, { 2 * $d }, 16, 8, $D>,
            Down<{ 2 * $d }, { 4 * $d }, 8, 4, $D>,
            (
                Conv<{ 4 * $d }, { 8 * $d }, 3, true, $D>,
                Conv<{ 8 * $d }, $l, 3, false, $D>,
            ),
        )
    };
    ($D:ident; $c:literal $d:literal $l:literal; 32 16 8 4 2) => {
        (
            Conv<$c, $d, 1, false, $D>,
            Down<$d, $d, 32, 16, $D>,
            Down<$d, { 2 * $d }, 16, 8, $D>,
            Down<{ 2 * $d }, { 4 * $d }, 8, 4, $D>,
            Down<{ 4 * $d }, { 8 * $d }, 4, 2, $D>,
            (
                Conv<{ 8 * $d }, { 16 * $d }, 3, true, $D>,
                Conv<{ 16 * $d }, $l, 3, false, $D>,
            ),
        )
    };
}

/// The decoder's type: doublings; `depth`; colours.
macro_rules! decoder {
    ($D:ident; $c:literal $d:literal $l:literal; 32 16 8) => {
        (
            Up<$l, { 2 * $d }, 8, 16, $D>,
            Up<{ 2 * $d }, $d, 16, 32, $D>,
            Conv<$d, $d, 3, true, $D>,
            Conv<$d, $c, 3, false, $D>,
        )
    };
    ($D:ident; $c:literal $d:literal $l:literal; 32 16 8 4) => {
        (
            Up<$l, { 4 * $d }, 4, 8, $D>,
            Up<{ 4 * $d }, { 2 * $d }, 8, 16, $D>,
            Up<{ 2 * $d }, $d, 16, 32, $D>,
            Conv<$d, $d, 3, true, $D>,
            Conv<$d, $c, 3, false, $D>,
        )
    };
    ($D:ident; $c:literal $d:literal $l:literal; 32 16 8 4 2) => {
        (
            Up<$l, { 8 * $d }, 2, 4, $D>,
            Up<{ 8 * $d }, { 4 * $d }, 4, 8, $D>,
            Up<{ 4 * $d }, { 2 * $d }, 8, 16, $D>,
            Up<{ 2 * $d }, $d, 16, 32, $D>,
            Conv<$d, $d, 3, true, $D>,
            Conv<$d, $c, 3, false, $D>,
        )
    };
}

/// The side of the latent: the last of the list.
macro_rules! last {
    ($side:tt) => { $side };
    ($side:tt $($rest:tt)+) => { last!($($rest)+) };
}

macro_rules! sizes {
    ($($c:literal $d:literal $l:literal, [$($side:tt)+], $purpose:literal;)+) => {
        /// Every size that is compiled.
        pub const COMPILED_SIZES: &[CompiledSize] = &[$(CompiledSize {
            channels: $c,
            size: NetSize { depth: $d, latent: $l, width: last!($($side)+) },
            purpose: $purpose,
        }),+];

        /// Builds a net for one kind of device; `None` if its size is not compiled.
        fn build<D: Backend, M: ExecMode<D>>(
            kind: NetKind,
            channels: usize,
            size: NetSize,
            value: &mut dyn FnMut(&ParameterSpec) -> Vec<f32>,
        ) -> Option<Result<Box<dyn Net>, NetError>> {
            match (kind, channels, size.depth, size.latent, size.width) {
                $(
                    (NetKind::Encoder, $c, $d, $l, last!($($side)+)) => Some(boxed(TypedNet::<
                        encoder!(D; $c $d $l; $($side)+), $c, SIDE, $l, { last!($($side)+) }, D, M,
                    >::build(value))),
                    (NetKind::Decoder, $c, $d, $l, last!($($side)+)) => Some(boxed(TypedNet::<
                        decoder!(D; $c $d $l; $($side)+), $l, { last!($($side)+) }, $c, SIDE, D, M,
                    >::build(value))),
                )+
                _ => None,
            }
        }

        /// What the layers of a net do, first to last; `None` if its size is
        /// not compiled.
        #[must_use]
        pub fn describe_layers(kind: NetKind, channels: usize, size: NetSize) -> Option<Vec<Layer>> {
            let mut layers = Vec::new();
            match (kind, channels, size.depth, size.latent, size.width) {
                $(
                    (NetKind::Encoder, $c, $d, $l, last!($($side)+)) => {
                        <encoder!(Cpu; $c $d $l; $($side)+) as Layers<Cpu>>::describe(&mut layers);
                    }
                    (NetKind::Decoder, $c, $d, $l, last!($($side)+)) => {
                        <decoder!(Cpu; $c $d $l; $($side)+) as Layers<Cpu>>::describe(&mut layers);
                    }
                )+
                _ => return None,
            }
            Some(layers)
        }
    };
}

sizes! {
    1 2 2, [32 16 8], "tests";
    1 16 16, [32 16 8 4 2], "lines, as in the paper";
    1 16 2, [32 16 8 4], "MNIST with 32 latent dimensions, as in the paper";
    1 16 16, [32 16 8 4], "MNIST with 256 latent dimensions, and a VQ-VAE's lines, as in the paper";
    3 16 2, [32 16 8 4], "colour images with 32 latent dimensions at a quarter of the paper's depth";
    3 16 16, [32 16 8 4], "colour images with 256 latent dimensions at a quarter of the paper's depth";
    3 64 2, [32 16 8 4], "SVHN and CelebA with 32 latent dimensions, as in the paper";
    3 64 16, [32 16 8 4], "SVHN, CelebA and CIFAR-10 with 256 latent dimensions, as in the paper";
    3 64 64, [32 16 8 4], "CIFAR-10 with 1,024 latent dimensions, as in the paper";
}

fn boxed<N: Net + 'static>(net: Result<N, NetError>) -> Result<Box<dyn Net>, NetError> {
    Ok(Box::new(net?))
}

/// The row for images of `channels` and a net of `size`, if there is one.
#[must_use]
pub fn find_compiled(channels: usize, size: NetSize) -> Option<&'static CompiledSize> {
    COMPILED_SIZES.iter().find(|row| row.channels == channels && row.size == size)
}

/// Builds a net on a device, with the parameters that `value` gives.
///
/// # Errors
/// If the device fails, or this build does not have it.
///
/// # Panics
/// If the size is not compiled ([`find_compiled`]), which the plan has checked.
pub fn build_net(
    device: DeviceKind,
    kind: NetKind,
    channels: usize,
    size: NetSize,
    value: &mut dyn FnMut(&ParameterSpec) -> Vec<f32>,
) -> Result<Box<dyn Net>, NetError> {
    let net = match device {
        DeviceKind::Cpu => build::<Cpu, FusedTape<Cpu>>(kind, channels, size, value),
        #[cfg(feature = "cuda")]
        DeviceKind::Cuda => {
            use dfdx::tensor::Cuda;
            build::<Cuda, OwnedTape<f32, Cuda>>(kind, channels, size, value)
        }
        #[cfg(not(feature = "cuda"))]
        DeviceKind::Cuda => Some(Err(NetError::no_cuda())),
    };
    net.expect("the plan checked that the size is compiled")
}

/// The same net composed of dfdx's operations, on the CPU: what the fused layers
/// are tested against.
#[cfg(test)]
pub(super) fn composed_on_cpu(
    kind: NetKind,
    channels: usize,
    size: NetSize,
    value: &mut dyn FnMut(&ParameterSpec) -> Vec<f32>,
) -> Box<dyn Net> {
    build::<Cpu, OwnedTape<f32, Cpu>>(kind, channels, size, value)
        .expect("a compiled size")
        .expect("memory")
}
