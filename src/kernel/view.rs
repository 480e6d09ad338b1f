//! The elements of a tensor on the CPU as a slice, without copying.
//!
//! Knows nothing of what is computed with them. Here because it takes `unsafe`:
//! dfdx 0.13 shows single elements only.
#![expect(unsafe_code, reason = "dfdx has no slice view of a tensor")]

use dfdx::{
    shapes::{Const, Shape},
    tensor::{Cpu, Tensor},
};

/// The elements of a parameter or activation with four axes, in row-major order.
///
/// # Panics
/// If an axis is empty.
pub fn elements<const A: usize, const B: usize, const C: usize, D: dfdx::shapes::Dim, T>(
    tensor: &Tensor<(Const<A>, Const<B>, Const<C>, D), f32, Cpu, T>,
) -> &[f32]
where
    (Const<A>, Const<B>, Const<C>, D): Shape<Concrete = [usize; 4]>,
{
    let first = &tensor[[0, 0, 0, 0]];
    let n = dfdx::shapes::HasShape::shape(tensor).num_elements();
    // SAFETY: every tensor that reaches the kernels was made by
    // `tensor_from_vec` of `n` elements and never sliced or permuted, so its
    // `n` elements lie in one piece from the first on; the borrow of `tensor`
    // keeps them alive and unchanged.
    unsafe { std::slice::from_raw_parts(first, n) }
}
