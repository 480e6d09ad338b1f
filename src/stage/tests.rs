//! The stage that docs/extending.md adds computes what it says there.

use acai_artifact::{Kind, Layout};

use super::test_util::TestStage;

#[expect(unreachable_pub, reason = "docs/extending.md adds it to a public module")]
mod spread;

use spread::Spread;

#[test]
fn spread_is_the_mean_power_of_the_distance_from_the_mean() {
    let stage = TestStage::new();
    stage.give("latents", Kind::Latents, |out| {
        let rows = [1.0_f32, 0.0, -1.0, 0.0, 0.0, 3.0, 0.0, -3.0];
        out.write("latents/test", &[4, 2], &rows, Layout::Contiguous)?;
        out.write("labels/test", &[4], &[0_u8; 4], Layout::Contiguous)
    });
    let score = |exponent| {
        let spread = Spread { latents: "latents".parse().unwrap(), exponent };
        stage.run(&spread).unwrap().scores().unwrap()
    };
    assert_eq!(score(2), [("spread".to_owned(), 5.0)]);
    assert_eq!(score(1), [("spread".to_owned(), 2.0)]);
}
