//! Times training steps, inference and single layers on request, for a program that times
//! others in turn (`benches/peers/run.py`).
//!
//! `nets [THREADS]` reads a request a line from stdin, such as
//!
//! ```text
//! train channels=1 depth=16 latent=16 width=2 autoencoder=Baseline regularizer=Acai batch=64 seconds=1
//! ```
//!
//! and answers each with a line of JSON: `{"seconds": […]}`, the time of every repetition, or
//! `{"skipped": "…"}`. Whatever is left out of a request has a default. The verbs are `train`
//! (a step), `encode`, `interpolate`, `sample` (a batch), `describe` (the layers of a net),
//! `layer` (one convolution: forward, and both gradients) and `status` (instruction set and
//! peak memory of this process). What the last request built is kept for the next one like it.
#![expect(clippy::print_stdout, reason = "a benchmark prints")]

use std::{
    collections::BTreeMap,
    io::{BufRead, Write as _},
    time::Instant,
};

use acai_autoencoder::{
    AutoencoderSpec, RegularizerSpec, Trainer, TrainerOptions, named_parameter::NamedParameter,
    step::StepRng,
};
use acai_kernel as kernel;
use acai_kernel::{ConvShape, KernelSize};
use acai_net::{
    Batch, DeviceKind, Net, NetKind, NetSize, SIDE, Shape, build_net, describe_layers,
    find_compiled, initial_parameters, layer::Layer,
};
use acai_random::RngStream;

/// Points on an interpolated path.
const POINTS: usize = 16;

/// One line, taken apart.
struct Request {
    verb: String,
    fields: BTreeMap<String, String>,
}

/// What a request is about, ready to be repeated.
type Repeat = Box<dyn FnMut()>;

fn main() {
    // Cargo itself passes `--bench`.
    let threads = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(0);
    kernel::select_simd(std::env::var("ACAI_SIMD").ok().as_deref()).expect("known instructions");
    kernel::with_threads(threads, serve).expect("threads start");
}

fn serve() {
    let mut last: Option<(String, Repeat)> = None;
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("requests are text");
        let request = Request::parse(&line);
        let answer = match request.verb.as_str() {
            "status" => status(),
            "describe" => describe(&request),
            "layer" => layer(&request),
            _ => {
                let what = request.without(&["seconds", "steps"]);
                if last.as_ref().is_none_or(|(name, _)| *name != what) {
                    drop(last.take());
                    last = request.prepare().map(|repeat| (what, repeat));
                }
                match &mut last {
                    Some((_, repeat)) => format!(r#"{{"seconds": {:?}}}"#, request.time(repeat)),
                    None => r#"{"skipped": "not compiled"}"#.to_owned(),
                }
            }
        };
        println!("{answer}");
        std::io::stdout().flush().expect("somebody reads the answers");
    }
}

impl Request {
    fn parse(line: &str) -> Self {
        let mut words = line.split_whitespace();
        let verb = words.next().unwrap_or_default().to_owned();
        let fields = words.filter_map(|word| word.split_once('='));
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self { verb, fields }
    }

    fn without(&self, names: &[&str]) -> String {
        let fields = self.fields.iter().filter(|(name, _)| !names.contains(&name.as_str()));
        format!("{} {:?}", self.verb, fields.collect::<Vec<_>>())
    }

    fn get<T: std::str::FromStr>(&self, name: &str, default: T) -> T {
        match self.fields.get(name) {
            None => default,
            Some(text) => text.parse().ok().unwrap_or_else(|| panic!("{name}={text}")),
        }
    }

    fn channels(&self) -> usize {
        self.get("channels", 1)
    }

    fn size(&self) -> NetSize {
        NetSize {
            depth: self.get("depth", 16),
            latent: self.get("latent", 16),
            width: self.get("width", 2),
        }
    }

    fn autoencoder(&self) -> AutoencoderSpec {
        let name: String = self.get("autoencoder", "Baseline".to_owned());
        let mut spec = AutoencoderSpec::by_name(&name).expect("a known autoencoder");
        if let AutoencoderSpec::VqVae(vqvae) = &mut spec {
            vqvae.codes = self.get("codes", vqvae.codes);
        }
        spec
    }

    fn regularizer(&self) -> Option<RegularizerSpec> {
        let name: String = self.get("regularizer", "none".to_owned());
        (name != "none").then(|| RegularizerSpec::by_name(&name).expect("a known regularizer"))
    }

    /// Builds what is asked for, and does it once; nothing if the size is not compiled.
    fn prepare(&self) -> Option<Repeat> {
        find_compiled(self.channels(), self.size())?;
        let mut repeat = match self.verb.as_str() {
            "train" => self.training(),
            "encode" => self.encoding(),
            "interpolate" => self.interpolation(),
            "sample" => self.sampling(),
            verb => panic!("there is no {verb}"),
        };
        repeat();
        Some(repeat)
    }

    /// Repeats for so many seconds, and so many times at least; the seconds of each.
    fn time(&self, repeat: &mut dyn FnMut()) -> Vec<f64> {
        let (seconds, least): (f64, usize) = (self.get("seconds", 1.0), self.get("steps", 1));
        let (mut times, mut total) = (Vec::new(), 0.0);
        while times.len() < least || total < seconds {
            let start = Instant::now();
            repeat();
            times.push(start.elapsed().as_secs_f64());
            total += times[times.len() - 1];
        }
        times
    }

    fn training(&self) -> Repeat {
        let (autoencoder, regularizer) = (self.autoencoder(), self.regularizer());
        let options = TrainerOptions {
            autoencoder: &autoencoder,
            regularizer: regularizer.as_ref(),
            net: self.size(),
            channels: self.channels(),
            classes: 10,
            lr: 1e-4,
        };
        let mut trainer = Trainer::new(options, DeviceKind::Cpu, 0).expect("memory");
        let count = self.get("batch", 64);
        let images = Batch::from_rows(self.images(), &pixels(self.images(), count));
        let labels = vec![3; count];
        let mut step = 0;
        Box::new(move || {
            step += 1;
            trainer.step(&images, &labels, StepRng { seed: 0, step }).expect("memory");
        })
    }

    /// Images by rows to codes by rows, as the stage `Encode` has them.
    fn encoding(&self) -> Repeat {
        let (net, autoencoder, extra) = self.trained(NetKind::Encoder, "encoder");
        let shape = self.images();
        let rows = pixels(shape, self.get("batch", 256));
        Box::new(move || {
            let images = Batch::from_rows(shape, &rows);
            let noise = |example| RngStream::new(0, "sample.test", example as u64);
            let encoded = autoencoder.encode(&*net, &extra, &images, &noise).expect("memory");
            drop(std::hint::black_box(encoded.codes.to_rows()));
        })
    }

    /// Codes of end points to the images on the paths between them.
    fn interpolation(&self) -> Repeat {
        let (net, autoencoder, extra) = self.trained(NetKind::Decoder, "decoder");
        let (shape, pairs) = (net.input(), self.get("batch", 256) / POINTS);
        let mut stream = RngStream::new(0, "codes", 0);
        let ends = [0, 1].map(|_| stream.normals(pairs * shape.len(), 1.0));
        Box::new(move || {
            let mut codes = Vec::with_capacity(pairs * POINTS * shape.len());
            for (a, b) in ends[0].chunks(shape.len()).zip(ends[1].chunks(shape.len())) {
                for point in 0..POINTS {
                    let share = point as f32 / (POINTS - 1) as f32;
                    codes.extend(a.iter().zip(b).map(|(a, b)| (1.0 - share) * a + share * b));
                }
            }
            let codes = Batch::from_rows(shape, &codes);
            let images = autoencoder.decode(&*net, &extra, &codes).expect("memory");
            drop(std::hint::black_box(images.to_rows()));
        })
    }

    /// Draws of N(0, I) and their images.
    fn sampling(&self) -> Repeat {
        let (net, autoencoder, extra) = self.trained(NetKind::Decoder, "decoder");
        let (shape, count) = (net.input(), self.get("batch", 256));
        Box::new(move || {
            let draw = |row| RngStream::new(0, "sample", row).normals(shape.len(), 1.0);
            let codes: Vec<f32> = (0..count as u64).flat_map(draw).collect();
            let codes = Batch::from_rows(shape, &codes);
            let images = autoencoder.decode(&*net, &extra, &codes).expect("memory");
            drop(std::hint::black_box(images.to_rows()));
        })
    }

    fn images(&self) -> Shape {
        Shape { channels: self.channels(), side: SIDE }
    }

    /// A net with initial weights, and what evaluation takes beside it.
    fn trained(
        &self,
        kind: NetKind,
        name: &str,
    ) -> (Box<dyn Net>, AutoencoderSpec, Vec<NamedParameter>) {
        let (channels, size) = (self.channels(), self.size());
        let mut weights = initial_parameters(0, name);
        let net = build_net(DeviceKind::Cpu, kind, channels, size, &mut weights).expect("memory");
        let codes = match kind {
            NetKind::Encoder => net.output(),
            NetKind::Decoder => net.input(),
        };
        let autoencoder = self.autoencoder();
        let extra = autoencoder.extra_parameters(codes, 0);
        (net, autoencoder, extra)
    }
}

fn pixels(shape: Shape, count: usize) -> Vec<f32> {
    RngStream::new(0, "images", 0).normals(count * shape.len(), 0.5)
}

/// The instruction set in use, and the most memory that this process has had.
fn status() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = peak.and_then(|text| text.split_whitespace().next()).unwrap_or("0");
    let threads = rayon::current_num_threads();
    format!(
        r#"{{"simd": "{}", "threads": {threads}, "peak_kib": {kib}}}"#,
        kernel::simd_level().name()
    )
}

/// The convolutions of encoder and decoder with the side that each works at, the poolings and
/// the upscalings.
fn describe(request: &Request) -> String {
    let mut lines = Vec::new();
    for (net, kind) in [("encoder", NetKind::Encoder), ("decoder", NetKind::Decoder)] {
        let Some(layers) = describe_layers(kind, request.channels(), request.size()) else {
            return r#"{"skipped": "not compiled"}"#.to_owned();
        };
        let mut side = match kind {
            NetKind::Encoder => SIDE,
            NetKind::Decoder => request.size().width,
        };
        for layer in layers {
            match layer {
                Layer::Convolution { inputs, outputs, kernel, is_leaky } => lines.push(format!(
                    r#"{{"net": "{net}", "inputs": {inputs}, "outputs": {outputs}, "kernel": {kernel}, "side": {side}, "leaky": {is_leaky}}}"#
                )),
                Layer::Pool => side /= 2,
                Layer::Upscale => side *= 2,
            }
        }
    }
    format!(r#"{{"layers": [{}]}}"#, lines.join(", "))
}

/// One convolution, with its activation if it has one: forward, the gradient of its input and
/// that of its weights.
fn layer(request: &Request) -> String {
    let kernel_size =
        if request.get("kernel", 3) == 1 { KernelSize::One } else { KernelSize::Three };
    let taps = if kernel_size == KernelSize::One { 1 } else { 9 };
    let side = request.get("side", SIDE);
    let shape = ConvShape {
        inputs: request.get("inputs", 16),
        outputs: request.get("outputs", 16),
        height: side,
        width: side,
        padded_batch: request.get("batch", 64),
    };
    let is_leaky = request.get("leaky", true);
    let mut stream = RngStream::new(0, "layer", 0);
    let mut values = |count, scale| stream.normals(count, scale);
    let x = values(shape.inputs * shape.channel_len(), 1.0);
    let weight = values(shape.outputs * shape.inputs * taps, 0.1);
    let bias = values(shape.outputs, 0.1);
    let mut dy = values(shape.outputs * shape.channel_len(), 1.0);
    let mut y = Vec::new();
    let mut forward = || y = kernel::convolution(kernel_size, shape, &x, &weight, &bias, is_leaky);
    forward();
    let forward = request.time(&mut forward);
    let mut input = || {
        drop(std::hint::black_box(kernel::input_gradient(kernel_size, shape, &dy, &weight)));
    };
    input();
    let input = request.time(&mut input);
    let activated = is_leaky.then_some(&y[..]);
    let mut weights = || {
        let gradient = kernel::weight_gradient(kernel_size, shape, &x, &mut dy, activated, None);
        drop(std::hint::black_box(gradient));
    };
    weights();
    let weights = request.time(&mut weights);
    format!(r#"{{"forward": {forward:?}, "input": {input:?}, "weight": {weights:?}}}"#)
}
