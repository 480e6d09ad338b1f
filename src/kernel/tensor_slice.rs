//! The elements of a tensor on the CPU as a slice, without copying.
//!
//! Here because it takes `unsafe`: dfdx 0.13 shows single elements only.
#![expect(unsafe_code, reason = "dfdx has no slice view of a tensor")]

use dfdx::{
    shapes::{Const, Dim, HasShape, Shape},
    tensor::{Cpu, Tensor},
};

/// The elements of a parameter or activation with four axes, in row-major order.
///
/// # Panics
/// If an axis is empty, or the elements do not lie in row-major order: those of
/// a broadcast or permuted tensor do not.
pub fn as_slice<const A: usize, const B: usize, const C: usize, D: Dim, T>(
    tensor: &Tensor<(Const<A>, Const<B>, Const<C>, D), f32, Cpu, T>,
) -> &[f32]
where
    (Const<A>, Const<B>, Const<C>, D): Shape<Concrete = [usize; 4]>,
{
    let sizes = tensor.shape().concrete();
    let first = std::ptr::from_ref(&tensor[[0; 4]]);
    let mut stride = 1;
    for axis in (0..4).rev().filter(|&axis| sizes[axis] > 1) {
        let mut second = [0; 4];
        second[axis] = 1;
        assert!(
            std::ptr::eq(&raw const tensor[second], first.wrapping_add(stride)),
            "the elements of a {sizes:?} tensor must lie in row-major order; \
             broadcast and permuted tensors have to be copied first"
        );
        stride *= sizes[axis];
    }
    // Here dfdx checks that the last element lies inside the tensor's vector.
    let last = &raw const tensor[sizes.map(|size| size - 1)];
    assert!(std::ptr::eq(last, first.wrapping_add(stride - 1)), "strides of a {sizes:?} tensor");
    // SAFETY: dfdx keeps a tensor in one vector and finds an element at the sum
    // of index times stride over the axes. The strides are row-major and the
    // last element is inside, so all `stride` elements follow each other from
    // the first on; the borrow of `tensor` keeps them alive and unchanged.
    // dfdx shows no pointer to the whole vector. That one to the first element
    // may read the others is the rule of Tree Borrows, not of Stacked Borrows.
    unsafe { std::slice::from_raw_parts(first, stride) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dfdx::{
        shapes::{Axes3, Axes4, Rank1, Rank4},
        tensor::{TensorFrom, TensorFromVec},
        tensor_ops::{BroadcastTo, PermuteTo},
    };

    type Activations = Tensor<(Const<2>, Const<1>, Const<2>, usize), f32, Cpu>;

    fn counted() -> Activations {
        let data = (0..12_u8).map(f32::from).collect();
        Cpu::default().tensor_from_vec(data, (Const, Const, Const, 3))
    }

    #[test]
    fn elements_are_in_row_major_order() {
        let wanted = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0];
        assert_eq!(as_slice(&counted()), wanted);
    }

    #[test]
    #[should_panic(expected = "broadcast and permuted tensors have to be copied first")]
    fn a_broadcast_tensor_is_refused() {
        let row: Tensor<Rank1<3>, f32, Cpu> = Cpu::default().tensor([1.0, 2.0, 3.0]);
        let tensor: Tensor<Rank4<2, 1, 2, 3>, f32, Cpu> = row.broadcast::<_, Axes3<0, 1, 2>>();
        let _ = as_slice(&tensor);
    }

    #[test]
    #[should_panic(expected = "broadcast and permuted tensors have to be copied first")]
    fn a_permuted_tensor_is_refused() {
        let permuted: Tensor<(Const<2>, Const<1>, Const<2>, usize), f32, Cpu> =
            counted().permute::<_, Axes4<2, 1, 0, 3>>();
        let _ = as_slice(&permuted);
    }

    #[test]
    #[should_panic(expected = "Index out of bounds")]
    fn an_empty_tensor_is_refused() {
        let empty: Activations =
            Cpu::default().tensor_from_vec(Vec::new(), (Const, Const, Const, 0));
        let _ = as_slice(&empty);
    }
}
