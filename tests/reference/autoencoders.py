"""Losses and gradients of every autoencoder with every regularizer, in PyTorch's float64.

Weights, images and the codebook come from a formula (`values`); random numbers from
the streams of step 9 of seed 5, whose ChaCha8 keys stand below. Prints, for each
case, its terms, then of every parameter the gradient's sum, sum of squares and first
three elements (of what learns directly: its next value).

    cd tests/reference; python autoencoders.py > autoencoders.txt
"""

import math
import struct

import numpy as np
import torch
import torch.nn.functional as F

from versions import said

print(said("autoencoders.py", np, torch))

COUNT = 4
D = 128
KEYS = {
    "alpha": "92e145763f8a555b6fbffc06a17aa2ef65567f925c58b4dbf7406e9c856fa656",
    "dropout": "37ca82391ca1628ce65fc5064cdca8dbd6fab22ee79976294122cfb0c5b5b055",
    "epsilon": "d7a877cb5385c4424ae67167a824ff4bb173228c70e9366712d08f5ee1c11590",
    "noise": "172e2ab452f323809753bb015abe7d065cedc1cb07ed02f0cacd5f57e7f545dd",
    "prior": "3dac7fb79ad69cb993e8281699c1e648af3aeda864c3ed68e0e61ada34c5e342",
}


def chacha8(key):
    """64-bit numbers of the stream with this key."""
    def rotate(v, n):
        return ((v << n) | (v >> (32 - n))) & 0xFFFFFFFF

    start = [0x61707865, 0x3320646E, 0x79622D32, 0x6B206574] + list(struct.unpack("<8I", bytes.fromhex(key)))
    counter = 0
    while True:
        state = start + [counter & 0xFFFFFFFF, counter >> 32, 0, 0]
        x = state[:]
        for _ in range(4):
            for a, b, c, d in [(0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
                               (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)]:
                x[a] = (x[a] + x[b]) & 0xFFFFFFFF; x[d] = rotate(x[d] ^ x[a], 16)
                x[c] = (x[c] + x[d]) & 0xFFFFFFFF; x[b] = rotate(x[b] ^ x[c], 12)
                x[a] = (x[a] + x[b]) & 0xFFFFFFFF; x[d] = rotate(x[d] ^ x[a], 8)
                x[c] = (x[c] + x[d]) & 0xFFFFFFFF; x[b] = rotate(x[b] ^ x[c], 7)
        words = [(a + b) & 0xFFFFFFFF for a, b in zip(x, state)]
        for low, high in zip(words[::2], words[1::2]):
            yield low | high << 32
        counter += 1


def uniforms(role, n):
    bits = chacha8(KEYS[role])
    return np.array([(next(bits) >> 11) / 2**53 for _ in range(n)])


def normals(role, n):
    u = uniforms(role, 2 * ((n + 1) // 2)).reshape(-1, 2)
    radius, angle = np.sqrt(-2 * np.log(1 - u[:, 0])), 2 * math.pi * u[:, 1]
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1).reshape(-1)[:n]


def values(number, shape, scale):
    """scale · U(-1, 1), more or less, rounded to float32."""
    i = np.arange(math.prod(shape), dtype=np.float64)
    v = np.sin(12.9898 * (i + 1) + 78.233 * (number + 1)) * 437.5453
    v = ((2 * (v - np.floor(v)) - 1) * scale).astype(np.float32)
    return torch.tensor(v.astype(np.float64)).reshape(shape)


def leaf(number, shape, scale):
    return values(number, shape, scale).requires_grad_()


ENCODER = [(2, 1, 1), (2, 2, 3), (2, 2, 3), (4, 2, 3), (4, 4, 3), (8, 4, 3), (2, 8, 3)]
DECODER = [(4, 2, 3), (4, 4, 3), (2, 4, 3), (2, 2, 3), (2, 2, 3), (1, 2, 3)]


def convolutions(first, layers):
    tensors = []
    for i, (o, c, k) in enumerate(layers):
        tensors.append(leaf(first + 2 * i, (o, c, k, k), math.sqrt(8 / (c * k * k))))
        tensors.append(leaf(first + 2 * i + 1, (o,), 0.3))
    return tensors


def conv(x, tensors, i, leaky=True):
    w, b = tensors[2 * i], tensors[2 * i + 1]
    y = F.conv2d(x, w, b, padding=w.shape[2] // 2)
    return F.leaky_relu(y, 0.2) if leaky else y


def encode(t, x):
    x = conv(x, t, 0, False)
    x = F.avg_pool2d(conv(conv(x, t, 1), t, 2), 2)
    x = F.avg_pool2d(conv(conv(x, t, 3), t, 4), 2)
    return conv(conv(x, t, 5), t, 6, False)


def decode(t, z):
    x = F.interpolate(conv(conv(z, t, 0), t, 1), scale_factor=2)
    x = F.interpolate(conv(conv(x, t, 2), t, 3), scale_factor=2)
    return conv(conv(x, t, 4), t, 5, False)


def dense(first, layers):
    tensors = {}
    for i, (name, inputs, outputs) in enumerate(layers):
        tensors[f"{name}/weight"] = leaf(first + 2 * i, (outputs, inputs), math.sqrt(6 / (inputs + outputs)))
        tensors[f"{name}/bias"] = leaf(first + 2 * i + 1, (outputs,), 0.1)
    return tensors


def apply(parts, name, x):
    return x @ parts[f"{name}/weight"].T + parts[f"{name}/bias"]


def flat(x):
    return x.reshape(COUNT, -1)


def draws(kind, role, shape):
    return torch.tensor(kind(role, math.prod(shape)).astype(np.float32).astype(np.float64)).reshape(shape)


class Case:
    """One autoencoder: subclasses fill `terms`, `loss`, and what may be mixed and decoded."""

    def __init__(self):
        self.x = values(400, (COUNT, 1, 32, 32), 0.9)
        self.encoder, self.decoder = convolutions(0, ENCODER), convolutions(100, DECODER)
        self.critic = convolutions(200, ENCODER)
        self.parts, self.own, self.weight, self.terms, self.next = {}, None, 1.0, {}, {}
        self.forward()

    def images(self, z):
        return decode(self.decoder, z)

    def squared(self, z, mixed):
        self.mixed, self.made = mixed, self.images(z)
        self.loss = ((self.x - self.made) ** 2).mean()
        self.terms["mse"] = self.loss


class Baseline(Case):
    def forward(self):
        z = encode(self.encoder, self.x)
        self.squared(z, z)


class Denoising(Case):
    def forward(self):
        noise = draws(lambda r, n: 0.7 * normals(r, n), "noise", self.x.shape)
        self.squared(encode(self.encoder, self.x + noise), encode(self.encoder, self.x))


class Dropout(Case):
    def forward(self):
        z = encode(self.encoder, self.x)
        mask = torch.tensor((uniforms("dropout", z.numel()) < 0.75) / 0.75).reshape(z.shape)
        self.squared(z * mask, z)


class Vae(Case):
    def forward(self):
        self.parts = dense(300, [("bottleneck/mean", D, D), ("bottleneck/log_variance", D, D)])
        e = encode(self.encoder, self.x)
        mean = apply(self.parts, "bottleneck/mean", flat(e))
        log_variance = apply(self.parts, "bottleneck/log_variance", flat(e))
        epsilon = draws(normals, "epsilon", (COUNT, D))
        z = (mean + torch.exp(log_variance).sqrt() * epsilon).reshape(e.shape)
        posterior = torch.distributions.Normal(mean, torch.exp(log_variance).sqrt())
        kl = torch.distributions.kl_divergence(posterior, torch.distributions.Normal(0.0, 1.0)).sum() / COUNT
        logits = decode(self.decoder, z)
        nll = F.binary_cross_entropy_with_logits(logits, (self.x + 1) / 2, reduction="sum") / COUNT
        self.made, self.mixed, self.weight = self.images(z), z, 1024.0
        self.loss = nll + 2.5 * kl
        self.terms |= {"mse": ((self.x - self.made) ** 2).mean(), "nll": nll, "kl": kl}

    def images(self, z):
        return 2 * torch.sigmoid(decode(self.decoder, z)) - 1


class Aae(Case):
    def forward(self):
        self.parts = dense(300, [("discriminator/00", D, 7), ("discriminator/01", 7, 5), ("discriminator/02", 5, 1)])
        z = encode(self.encoder, self.x)
        self.squared(z, z)
        prior = draws(normals, "prior", (COUNT, D))
        entropy = lambda logits, answer: F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, answer))
        on_codes, on_prior = self.judge(flat(z)), self.judge(prior)
        codes, real = entropy(on_codes, 0.0), entropy(on_prior, 1.0)
        generator_loss = entropy(on_codes, 1.0)
        self.own = codes + real
        self.loss = self.loss + generator_loss
        self.terms |= {"discriminator_codes": codes, "discriminator_prior": real, "generator_loss": generator_loss}

    def judge(self, z):
        for i in range(2):
            z = F.leaky_relu(apply(self.parts, f"discriminator/{i:02}", z), 0.2)
        return apply(self.parts, "discriminator/02", z)


class VqVae(Case):
    counts = 1.0

    def forward(self):
        names = [("bottleneck/vectors", D, 3 * D), ("bottleneck/hidden", 3 * D, 512), ("bottleneck/merged", 512, D)]
        self.parts, self.codebook = dense(300, names), values(350, (7, D), 0.3)
        z = encode(self.encoder, self.x)
        dense_, v, c, hot = self.bottleneck(z)
        self.squared(z, z)
        commitment = ((v - c.detach()) ** 2).mean()
        self.loss = self.loss + 4.0 * commitment
        self.terms["commitment"] = commitment
        v = v.detach().reshape(-1, D)
        counts = 0.999 * torch.full((7,), self.counts).double() + 0.001 * hot.sum(0)
        sums = 0.999 * self.codebook + 0.001 * hot.T @ v
        whole = counts.sum()
        codebook = sums / ((counts + 1e-5) / (whole + 7e-5) * whole)[:, None]
        self.next = {"bottleneck/codebook": codebook, "averages/counts": counts, "averages/sums": sums}

    def bottleneck(self, z):
        v = apply(self.parts, "bottleneck/vectors", flat(z)).reshape(-1, D)
        distance = ((v.detach()[:, None] - self.codebook[None]) ** 2).sum(-1)
        best = distance.topk(2, largest=False).values
        assert (best[:, 1] - best[:, 0]).min() > 1e-3, "a near tie would be a test of rounding"
        hot = F.one_hot(distance.argmin(-1), 7).double()
        c = hot @ self.codebook
        straight = (v + (c - v).detach()).reshape(COUNT, -1)
        hidden = F.relu(apply(self.parts, "bottleneck/hidden", F.relu(straight)))
        return apply(self.parts, "bottleneck/merged", hidden), v, c, hot

    def images(self, z):
        return decode(self.decoder, self.bottleneck(z)[0].reshape(z.shape))


class VqVaeReference(VqVae):
    counts = 0.0


def answers(case, x):
    return encode(case.critic, x).mean((1, 2, 3))


def acai(case):
    alpha = 0.5 - (torch.tensor(uniforms("alpha", COUNT)) - 0.5).abs()
    a = alpha.reshape(-1, 1, 1, 1)
    mixed = answers(case, case.images(a * case.mixed + (1 - a) * case.mixed.flip(0)))
    blended = answers(case, 0.3 * case.x + 0.7 * case.made)
    terms = {"critic_mixed": ((mixed - alpha) ** 2).mean(), "critic_blended": (blended**2).mean()}
    return terms, (mixed**2).mean()


def lsgan(case):
    real, made = answers(case, case.x), answers(case, case.made)
    return {"critic_real": (real**2).mean(), "critic_reconstructed": ((made - 1) ** 2).mean()}, (made**2).mean()


def report(name, tensor):
    v = tensor.detach().reshape(-1)
    numbers = [v.sum(), (v**2).sum(), *v[:3]]
    print(name, *(f"{float(number):.9g}" for number in numbers))


for kind in [Baseline, Denoising, Dropout, Vae, Aae, VqVae, VqVaeReference]:
    for regularize in [None, acai, lsgan] if kind is not VqVaeReference else [None]:
        case = kind()
        print("case", kind.__name__, regularize.__name__ if regularize else "none")
        loss, critic_loss = case.loss, None
        if regularize:
            terms, adversarial = regularize(case)
            critic_loss = sum(terms.values())
            case.terms |= terms | {"adversarial": adversarial}
            loss = loss + 0.7 * case.weight * adversarial
        for name, term in case.terms.items():
            print("term", name, f"{float(term.detach()):.9g}")
        along = [] if case.own is not None else list(case.parts.values())
        gradients = torch.autograd.grad(loss, case.encoder + case.decoder + along, retain_graph=True)
        names = [f"encoder/{i}" for i in range(14)] + [f"decoder/{i}" for i in range(12)]
        names += list(case.parts) if along else []
        for name, gradient in zip(names, gradients):
            report(name, gradient)
        if case.own is not None:
            for name, gradient in zip(case.parts, torch.autograd.grad(case.own, list(case.parts.values()), retain_graph=True)):
                report(name, gradient)
        if critic_loss is not None:
            for i, gradient in enumerate(torch.autograd.grad(critic_loss, case.critic)):
                report(f"critic/{i}", gradient)
        for name, value in case.next.items():
            report(name, value)
