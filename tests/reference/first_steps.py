"""Takes the first 100 steps of our trainings again in PyTorch, from the same data, initial
weights and draws: in float64, which is the judge, and in float32, which is what we are
measured by. Adam has its epsilon where TensorFlow puts it, and all gradients are taken at
the same parameters.

    cargo bench --bench first_steps -- lines; cargo bench --bench first_steps -- tiny 1
    cd tests/reference
    python first_steps.py ../../target/first_steps/lines-*.safetensors > first_steps.txt
    python first_steps.py --weights ../../target/first_steps/tiny-1.safetensors > first_steps_tiny.txt

Prints for every seed and variant, after steps 1, 10 and 100, the root mean square of what
our weights (all of them: encoder, decoder, ACAI's critic, probe) deviate from float64's,
the same of float32's, and the ratio of the two, also net by net; then the same over all
seeds, and the ratio of the worst seed. Fails if a variant's ratio over all seeds is beyond
2, 2 and 4. A seed takes ten minutes: what was printed of some before may be given as a
`.txt` and is read instead.

With `--weights`, prints for `tests/first_steps.rs` every EVERYth weight in float64, and what
float32 deviates on these.
"""

import json
import math
import sys

import torch
from safetensors import safe_open
from torch import nn
from torch.nn import functional as F

from variants import GAMMA, LAMBDA, RATE, decoder, encoder

LIMITS = {1: 2, 10: 2, 100: 4}
EVERY = 8
CLASSES = 10
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


class Adam:
    """w -= lr sqrt(1 - b2^t) / (1 - b1^t) m / (sqrt(v) + epsilon), as TensorFlow has it."""

    def __init__(self, weights):
        self.weights, self.steps = weights, 0
        self.mean = [torch.zeros_like(weight) for weight in weights]
        self.square = [torch.zeros_like(weight) for weight in weights]

    @torch.no_grad()
    def step(self, gradients):
        self.steps += 1
        rate = RATE * (1 - BETA2**self.steps) ** 0.5 / (1 - BETA1**self.steps)
        for weight, gradient, m, v in zip(self.weights, gradients, self.mean, self.square):
            m.mul_(BETA1).add_(gradient, alpha=1 - BETA1)
            v.mul_(BETA2).addcmul_(gradient, gradient, value=1 - BETA2)
            weight.sub_(rate * m / (v.sqrt() + EPSILON))


def nets(net, start, is_acai, precision):
    """The nets with the weights of `start`, in the order in which their weights are named."""
    depth, latent, width = net["depth"], net["latent"], net["width"]
    scales = (32 // width).bit_length() - 1
    made = {"encoder": encoder(latent, scales, depth), "decoder": decoder(latent, scales, depth)}
    if is_acai:
        made["critic"] = encoder(latent, scales, depth)
    made["probe"] = nn.Sequential(nn.Linear(latent * width * width, CLASSES))
    for name, weight in weights(made).items():
        assert weight.shape == start[name].shape, name
        weight.data = start[name].to(precision, copy=True)
    return made


def weights(made):
    """Weights by our names: `encoder/00/weight`, `probe/bias`."""
    named = {}
    for net, module in made.items():
        layers = [layer for layer in module if hasattr(layer, "weight")]
        for number, layer in enumerate(layers):
            place = net if net == "probe" else f"{net}/{number:02}"
            named |= {f"{place}/weight": layer.weight, f"{place}/bias": layer.bias}
    return named


def losses(made, x, labels, alpha):
    """One forward pass: the loss of each group of nets."""
    z = made["encoder"](x)
    images = made["decoder"](z)
    loss = ((images - x) ** 2).mean()
    probe = F.cross_entropy(made["probe"](z.detach().flatten(1)), labels)
    if "critic" not in made:
        return [(loss, ["encoder", "decoder"]), (probe, ["probe"])]

    def judge(images):
        return made["critic"](images).mean(dim=(1, 2, 3))

    share = alpha.view(-1, 1, 1, 1)
    mixed = judge(made["decoder"](share * z + (1 - share) * z.flip(0)))
    blended = judge(GAMMA * x + (1 - GAMMA) * images)
    critic = ((mixed - alpha) ** 2).mean() + (blended**2).mean()
    loss = loss + LAMBDA * (mixed**2).mean()
    return [(loss, ["encoder", "decoder"]), (critic, ["critic"]), (probe, ["probe"])]


def trained(net, start, lessons, is_acai, precision):
    """Weights after each step of LIMITS, in double precision."""
    made = nets(net, start, is_acai, precision)
    images, labels, alphas = lessons
    optimisers, marks = None, {}
    for step in range(1, len(images) + 1):
        x, alpha = images[step - 1].to(precision), alphas[step - 1].to(precision)
        taught = []
        for loss, names in losses(made, x, labels[step - 1], alpha):
            own = [weight for name in names for weight in made[name].parameters()]
            taught.append((own, torch.autograd.grad(loss, own, retain_graph=True)))
        optimisers = optimisers or [Adam(own) for own, _ in taught]
        for optimiser, (_, gradients) in zip(optimisers, taught):
            optimiser.step(gradients)
        if step in LIMITS:
            marks[step] = {name: w.detach().double().clone() for name, w in weights(made).items()}
    return marks


def deviation(found, judge, every=1, of=""):
    """The root mean square over every so many weights of tensors whose names start with `of`."""
    pairs = [(found[name], judge[name]) for name in judge if name.startswith(of)]
    off = [(one.double() - two).flatten()[::every] for one, two in pairs]
    return torch.cat(off).square().mean().sqrt().item()


class Seed:
    """What one file holds, and what PyTorch makes of it."""

    def __init__(self, path):
        with safe_open(path, "pt") as file:
            self.net = json.loads(file.metadata()["net"])
            self.tensors = {name: file.get_tensor(name) for name in file.keys()}
        self.name = path.rsplit("/", 1)[-1].removesuffix(".safetensors").replace("-", " seed ")
        self.start = self.below("start/")

    def below(self, prefix):
        return {k.removeprefix(prefix): v for k, v in self.tensors.items() if k.startswith(prefix)}

    def judged(self, variant):
        """For every step: our weights, float64's and float32's."""
        lessons = self.tensors["images"], self.tensors["labels"].long(), self.tensors["alpha"]
        double, single = (
            trained(self.net, self.start, lessons, variant == "acai", precision)
            for precision in (torch.float64, torch.float32)
        )
        return {step: (self.below(f"{variant}/{step}/"), double[step], single[step]) for step in LIMITS}


def compare(seed, variant):
    """Prints what a variant of a seed deviates: a line for each step."""
    for step, (ours, double, single) in seed.judged(variant).items():
        assert ours.keys() == double.keys()
        off, theirs = deviation(ours, double), deviation(single, double)
        kinds = dict.fromkeys(name.split("/")[0] for name in double)
        ratios = {net: deviation(ours, double, of=net) / deviation(single, double, of=net) for net in kinds}
        yield (
            f"{seed.name} {variant} step {step} ours {off:.3e} float32 {theirs:.3e} ratio {off / theirs:.2f}"
            " of them " + " ".join(f"{net} {ratio:.2f}" for net, ratio in ratios.items())
        )


def lines(path):
    """What is to be said of a file, or was said before."""
    if path.endswith(".txt"):
        with open(path) as said:
            yield from (line.rstrip("\n") for line in said if " seed " in line)
        return
    seed = Seed(path)
    for variant in ("baseline", "acai"):
        yield from compare(seed, variant)


def within_limits(said):
    """Prints the ratios over all seeds, and whether they are within the limits."""
    found = {}
    for line in said:
        _, _, _, variant, _, step, _, ours, _, theirs, *_ = line.split()
        found.setdefault((variant, int(step)), []).append((float(ours), float(theirs)))
    kept = True
    for (variant, step), seeds in found.items():
        # Every seed has as many weights: the mean of the squares is that over all weights.
        ours, theirs = (math.sqrt(sum(v**2 for v in side) / len(seeds)) for side in zip(*seeds))
        worst = max(one / other for one, other in seeds)
        kept &= ours / theirs <= LIMITS[step]
        print(
            f"{len(seeds)} seeds {variant} step {step} ours {ours:.3e} float32 {theirs:.3e} "
            f"ratio {ours / theirs:.2f} of at most {LIMITS[step]}, worst seed {worst:.2f}"
        )
    print("within the limits" if kept else "beyond the limits")
    return kept


def show(seed):
    show_weights("start", 0, 0.0, seed.start)
    for variant in ("baseline", "acai"):
        for step, (_, double, single) in seed.judged(variant).items():
            show_weights(variant, step, deviation(single, double, EVERY), double)


def show_weights(variant, step, single, tensors):
    print(f"after {variant} {step} {single:.4e}")
    for name, tensor in tensors.items():
        print(name, *(f"{value:.11f}" for value in tensor.double().flatten()[::EVERY].tolist()))


def main(paths):
    torch.set_num_threads(1)  # sums do not depend on how many cores there are
    print(f"# PyTorch {torch.__version__.split('+')[0]}, one thread, {torch.backends.cpu.get_cpu_capability()}")
    if paths[0] == "--weights":
        return show(Seed(paths[1]))
    said = []
    for line in (line for path in paths for line in lines(path)):
        print(line, flush=True)
        said.append(line)
    return 0 if within_limits(said) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
