"""pix2pix: a conditional GAN from picture to picture (Isola et al. 2017, arXiv:1611.07004).

The objective is the paper's equation 4, G* = arg min_G max_D L_cGAN(G, D) + lambda_L1 L_L1(G), its
adversarial part selectable, with the terms that WGAN-GP and MSGAN add.
"""

from __future__ import annotations

import argparse
import copy
from argparse import Namespace
from collections.abc import Callable, Iterable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.augmentation import diff_augment, parse_policy
from models.base_model import EMA_SUFFIX, BaseModel
from models.cuda_graph import GraphedUpdate
from models.features import Features
from models.losses import GANLoss, feature_loss, gradient_penalty, mode_seeking_loss
from models.networks import define_D
from models.networks.layers import synchronise_batch_norm
from util import checkpoint, distributed
from util.errors import UserError


class Pix2PixModel(BaseModel):
    """Generator, discriminator of (input, picture) pairs, and the alternating updates of both."""

    @staticmethod
    def modify_commandline_options(parser: argparse.ArgumentParser, is_train: bool, known: Namespace) -> None:
        """Add the weights of the loss terms; give each objective the defaults of its paper."""
        parser.set_defaults(dataset_mode="aligned")
        if not is_train:
            return
        add = parser.add_argument_group("pix2pix").add_argument
        add("--lambda_L1", type=float, default=100.0, help="weight of the L1 distance to the truth "
            "(wgangp: 10, for the slope of its critic is held small)")  # fmt: skip
        add("--lambda_gp", type=float, default=10.0, help="wgangp: weight of the gradient penalty")
        add("--n_critic", type=int, default=1, help="discriminator updates for each of the generator "
            "(wgangp: 5)")  # fmt: skip
        add("--lambda_ms", type=float, default=0.0, help="weight of the mode-seeking term, which needs --nz "
            "(msgan: 0.3)")  # fmt: skip
        add("--lambda_proj", type=float, default=0.0, help="weight of a projected discriminator's verdict, "
            "which judges beside --netD by pretrained features; 0: none")  # fmt: skip
        add("--gan_mode_proj", default="hinge", help="objective of the projected discriminator")
        add("--lambda_feat", type=float, default=0.0, help="weight of the distance to the target in pretrained "
            "features; 0: none")  # fmt: skip
        add("--ndf_proj", type=int, default=64, help="channels of the projected discriminator's heads")
        add("--feat_weights", default="1,1,1,1")
        add("--lambda_gan", type=float, default=1.0)
        add("--lr_D", type=float, default=None, help="learning rate of the discriminators; default: --lr")
        if known.gan_mode == "wgangp":
            parser.set_defaults(norm_D="none", beta1=0.0, beta2=0.9, n_critic=5, lambda_L1=10.0)
        elif known.gan_mode == "msgan":
            # At 1 the best of five pictures was 21% farther from the truth than LSGAN's, at 0.3 as near.
            parser.set_defaults(nz=8, lambda_ms=0.3)

    def __init__(self, opt: Namespace):
        super().__init__(opt)
        self.visual_names = ["real_A", "fake_B", "real_B"]
        self.netG = self.define_generator(opt)
        if not self.isTrain:
            return
        norm_D = opt.norm_D or opt.norm
        _check_objective(opt, norm_D)
        _check_size(opt, checkpoint.unwrap(self.netG).multiple)
        self.model_names = ["G", "D"]
        self.netD = self.precision.place(
            define_D(
                opt.input_nc + opt.output_nc, opt.ndf, opt.netD, opt.n_layers_D, norm_D, opt.init_type,
                opt.init_gain, num_D=opt.num_D,
            )
        )  # fmt: skip
        self.lambda_proj, self.lambda_feat = opt.lambda_proj, opt.lambda_feat
        self.criterion_proj = GANLoss(opt.gan_mode_proj)
        if opt.lambda_proj:
            self.model_names.append("D_proj")
            self.netD_proj = self.precision.place(
                define_D(opt.input_nc + opt.output_nc, opt.ndf_proj, "projected", image_nc=opt.output_nc))
        self.features = None
        if opt.lambda_proj: self.features = self.netD_proj.features
        elif opt.lambda_feat: self.features = Features("lite0").to(self.device)
        self.lambda_gan = opt.lambda_gan
        if "crop" in opt.preprocess and self.netD.map_side(opt.crop_size) < 1:
            raise UserError(
                f"--crop_size {opt.crop_size} is too small for --netD {opt.netD} with --n_layers_D "
                f"{opt.n_layers_D} and --num_D {opt.num_D}, which would judge no patch: lower these, or "
                "raise --crop_size"
            )
        self.gan_mode, self.criterionGAN = opt.gan_mode, GANLoss(opt.gan_mode)
        self.lambda_L1, self.lambda_gp, self.lambda_ms = opt.lambda_L1, opt.lambda_gp, opt.lambda_ms
        self.n_critic, self.diffaug, self.ema_decay = opt.n_critic, parse_policy(opt.diffaug), opt.ema
        if opt.world_size > 1:
            self._share_weights(opt)
        if opt.ema:
            self.netG_ema = copy.deepcopy(self.netG).requires_grad_(False)

        use_graph = self.device.type == "cuda" and self.precision.name != "fp16" and not opt.no_cuda_graph
        use_graph = use_graph and not opt.compile and opt.world_size == 1
        betas = (opt.beta1, opt.beta2)
        self.optimizer_G = _adam(self.netG.parameters(), opt.lr, betas, self.device, use_graph)
        d_params = [p for n in self.model_names[1:] for p in self._net(n).parameters()]
        self.lr_D_ratio = (opt.lr_D or opt.lr) / opt.lr
        self.feat_weights = tuple(float(x) for x in opt.feat_weights.split(","))
        self.optimizer_D = _adam(d_params, opt.lr_D or opt.lr, betas, self.device, use_graph)
        self.optimizers = [self.optimizer_G, self.optimizer_D]
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=self.precision.name == "fp16")
        self._updates: dict[bool, Callable[..., dict[str, Tensor]]] = {
            with_G: GraphedUpdate(self._updating(with_G)) if use_graph else self._updating(with_G)
            for with_G in (True, False)
        }

    def optimize_parameters(self) -> None:
        """Update D on the current batch, and G on every ``n_critic``-th."""
        with_G = (self.n_updates + 1) % self.n_critic == 0
        if self.real_B is None:
            raise UserError("training needs pairs A|B: use --dataset_mode aligned")
        multiple = checkpoint.unwrap(self.netG).multiple
        if self.real_A.shape[2] % multiple or self.real_A.shape[3] % multiple:
            height, width = self.real_A.shape[2:]
            raise UserError(
                f"{self.image_paths[0]} is {width}x{height} pixels after --preprocess; training needs "
                f"multiples of {multiple}: choose --preprocess resize_and_crop"
            )
        result = self._updates[with_G](self.real_A, self.real_B)
        self.fake_B = result.pop("fake_B")
        self._losses.update(result)
        self._watch(result)
        self.n_updates += 1
        if with_G and self.netG_ema is not None:
            self._average_weights()

    def _updating(self, with_G: bool) -> Callable[[Tensor, Tensor], dict[str, Tensor]]:
        """The update of D, or of D and G, as a function of tensors."""

        def update(real_A: Tensor, real_B: Tensor) -> dict[str, Tensor]:
            z = [self._noise(real_A) for _ in range(2 if self.lambda_ms else 1)]
            with torch.set_grad_enabled(with_G), self.precision.autocast():
                fakes = [self.netG(real_A, draw).float() for draw in z]
            with torch.set_grad_enabled(with_G):
                real_pair, *pairs = self._pairs(real_A, [real_B, *fakes])
                real_features, features = None, []
                if self.features is not None:
                    nc = real_A.shape[1]
                    features = [self.features(pair[:, nc:]) for pair in pairs]
                    with torch.no_grad():
                        real_features = self.features(real_pair[:, nc:])
            losses = self._update_D(real_pair, [p.detach() for p in pairs], real_features, [[f.detach() for f in fs] for fs in features])
            if with_G:
                losses |= self._update_G(real_B, fakes, pairs, real_features, features, z)
            self.scaler.update()
            return {"fake_B": fakes[0].detach(), **losses}

        return update

    def _update_D(self, real_pair: Tensor, pairs: list[Tensor], real_features, features) -> dict[str, Tensor]:
        """Teach D to tell real pairs from painted ones; half the sum, to slow D down (paper, section 3.3)."""
        self.netD.requires_grad_(True)
        real_score, *fake_scores = self._scores([real_pair, *pairs])
        losses = {
            "D_real": self.criterionGAN(real_score, True),
            "D_fake": torch.stack([self.criterionGAN(score, False) for score in fake_scores]).mean(),
        }
        if self.gan_mode == "wgangp":
            total = losses["D_real"] + losses["D_fake"]
            # What the critic maximises, of a patch: an estimate of the Wasserstein distance, up to its scale.
            losses["W_distance"] = -total.detach()
            found = [
                torch.stack(gradient_penalty(self.netD, real_pair, pair, lambda_gp=self.lambda_gp))
                for pair in pairs
            ]
            losses["D_gp"], losses["grad_norm"] = torch.stack(found).mean(0).unbind()
            total = total + losses["D_gp"]
        else:
            total = 0.5 * (losses["D_real"] + losses["D_fake"])
        if self.lambda_proj:
            self.netD_proj.requires_grad_(True)
            n = len(real_pair)
            with self.precision.autocast():
                scores = self.netD_proj(torch.cat([real_pair, *pairs]), [torch.cat(f) for f in zip(real_features, *features)])
            losses["D_proj"] = 0.5 * (
                self.criterion_proj([s[:n] for s in scores], True) + self.criterion_proj([s[n:] for s in scores], False)
            )
            total = total + losses["D_proj"]
        self._step(self.optimizer_D, total)
        return {name: value.detach() for name, value in losses.items()}

    def _update_G(self, real_B, fakes, pairs, real_features, features, z) -> dict[str, Tensor]:
        """Teach G to pass for real, to stay near the truth and, with noise, to differ by it."""
        self.netD.requires_grad_(False)  # its weights need no gradient here
        scores = self._scores(pairs)
        losses = {
            "G_GAN": self.lambda_gan * torch.stack(
                [self.criterionGAN(s, True, for_discriminator=False) for s in scores]
            ).mean(),
            "G_L1": self.lambda_L1 * torch.stack([F.l1_loss(fake, real_B) for fake in fakes]).mean(),
        }
        if self.lambda_proj:
            self.netD_proj.requires_grad_(False)
            with self.precision.autocast():
                scores = [self.netD_proj(pair, fs) for pair, fs in zip(pairs, features)]
            losses["G_proj"] = self.lambda_proj * torch.stack(
                [self.criterion_proj(s, True, for_discriminator=False) for s in scores]
            ).mean()
        if self.lambda_feat:
            losses["G_feat"] = self.lambda_feat * torch.stack(
                [feature_loss(fs, real_features, self.feat_weights) for fs in features]
            ).mean()
        if self.lambda_ms:
            losses["G_ms"] = self.lambda_ms * mode_seeking_loss(*fakes, *z)
        self._step(self.optimizer_G, torch.stack(list(losses.values())).sum())
        return {name: value.detach() for name, value in losses.items()}

    def _pairs(self, real_A: Tensor, pictures: list[Tensor]) -> list[Tensor]:
        """Each picture beside its condition in the channels, all augmented alike: what D judges."""
        condition, *pictures = diff_augment([real_A, *pictures], self.diffaug)
        return [torch.cat([condition, picture], 1) for picture in pictures]

    def _scores(self, pairs: list[Tensor]) -> list[Any]:
        """D's raw scores. Each batch goes through D by itself: its norm must not mix real and painted."""
        with self.precision.autocast():
            return [self.netD(pair) for pair in pairs]

    def _step(self, optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
        """Backward, one mind among processes, one step."""
        optimizer.zero_grad(set_to_none=True)
        self.scaler.scale(loss).backward()
        distributed.average_gradients(p for group in optimizer.param_groups for p in group["params"])
        self.scaler.step(optimizer)

    def _noise(self, like: Tensor) -> Tensor | None:
        """(N, nz) standard normal noise from the global generator, or None without noise."""
        return torch.randn(like.shape[0], self.nz, device=self.device) if self.nz else None

    @torch.no_grad()
    def _average_weights(self) -> None:
        """Move the average towards the generator; more quickly in the first updates (as in TF's EMA)."""
        assert self.netG_ema is not None
        n = self.n_updates // self.n_critic
        decay = min(self.ema_decay, (1 + n) / (10 + n))
        average, current = self.netG_ema, checkpoint.unwrap(self.netG)
        torch._foreach_lerp_(list(average.parameters()), list(current.parameters()), 1 - decay)
        for mean, buffer in zip(average.buffers(), current.buffers(), strict=True):
            mean.copy_(buffer)

    def state_dict(self) -> dict[str, Any]:
        """Everything that decides how training goes on, as tensors and numbers.

        Raises:
            UserError: weights that are not finite.
        """
        self.check_finite()
        state: dict[str, Any] = {
            f"net{n}": checkpoint.plain_state_dict(self._net(n)) for n in self.model_names
        }
        if self.netG_ema is not None:
            state["netG_ema"] = checkpoint.plain_state_dict(self.netG_ema)
        state |= {f"optimizer_{i}": o.state_dict() for i, o in enumerate(self.optimizers)}
        return state | {"scaler": self.scaler.state_dict(), "n_updates": self.n_updates}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up a state; an EMA that the run did not keep until now starts at the generator."""
        for name in self.model_names:
            checkpoint.unwrap(self._net(name)).load_state_dict(state[f"net{name}"])
        if self.netG_ema is not None:
            self.netG_ema.load_state_dict(state.get("netG_ema", state["netG"]))
        for i, optimizer in enumerate(self.optimizers):
            _load_optimizer(optimizer, state[f"optimizer_{i}"])
        if state["scaler"]:  # empty if the run was not in fp16 until now
            self.scaler.load_state_dict(state["scaler"])
        self.n_updates = int(state["n_updates"])

    def load_networks(self, epoch: int | str) -> None:
        """Read the networks of an epoch, and the generator's moving average."""
        super().load_networks(epoch)
        if self.netG_ema is not None:
            averaged = self._file(epoch, EMA_SUFFIX)
            checkpoint.load_network(self.netG_ema, averaged if averaged.exists() else self._file(epoch, "G"))

    def _share_weights(self, opt: Namespace) -> None:
        """Start all processes from the first one's weights; synchronise batch norm, or say why not.

        Raises:
            UserError: batch norm on a device that has no synchronised kind.
        """
        nets = {name: self._net(name) for name in self.model_names}
        has_batch_norm = {
            n for n, net in nets.items() if any(isinstance(x, nn.BatchNorm2d) for x in net.modules())
        }
        if has_batch_norm and self.device.type != "cuda":
            raise UserError(
                "--norm batch over several processes needs its synchronised kind, which PyTorch has on CUDA "
                "alone: choose --norm instance, or one process"
            )
        for name, net in nets.items():
            distributed.broadcast(net.state_dict().values())
            if name in has_batch_norm:
                synchronise_batch_norm(net)
        # From here on each process draws its own dropout and noise.
        torch.manual_seed(opt.seed + opt.rank)


def _adam(
    parameters: Iterable[nn.Parameter],
    lr: float,
    betas: tuple[float, float],
    device: torch.device,
    graph: bool,
) -> torch.optim.Adam:
    """Adam in one fused kernel for all tensors; for a CUDA graph with a learning rate it can read anew."""
    rate = torch.tensor(lr, device=device) if graph else lr
    return torch.optim.Adam(
        parameters, lr=rate, betas=betas, fused=device.type in ("cpu", "cuda"), capturable=graph
    )


def _load_optimizer(optimizer: torch.optim.Optimizer, state: dict[str, Any]) -> None:
    """Take up moments and step counts; how and where to compute stays as this run has it."""
    ours = [
        {k: g[k] for k in ("lr", "betas", "fused", "foreach", "capturable")} for g in optimizer.param_groups
    ]
    optimizer.load_state_dict(state)
    for group, kept in zip(optimizer.param_groups, ours, strict=True):
        group.update(kept)  # a CUDA graph has this very learning-rate tensor recorded; it is set every epoch
        for parameter in group["params"]:
            for name, value in optimizer.state[parameter].items():
                if (
                    value.shape == parameter.shape
                ):  # the fused kernel wants moments laid out as the weights are
                    optimizer.state[parameter][name] = torch.empty_like(parameter).copy_(value)
                elif name == "step":
                    optimizer.state[parameter][name] = value.to(
                        parameter.device if kept["capturable"] or kept["fused"] else "cpu"
                    )


def _check_size(opt: Namespace, multiple: int) -> None:
    """Refuse crops that the generator cannot halve often enough; raises `UserError`."""
    if "crop" in opt.preprocess and opt.crop_size % multiple:
        raise UserError(
            f"--crop_size {opt.crop_size} must be a multiple of {multiple} for --netG {opt.netG}; "
            "--netG unet_128 takes 128, the resnets any multiple of 4"
        )


def _check_objective(opt: Namespace, norm_D: str) -> None:
    """Refuse what a paper says cannot work; raises `UserError`."""
    if opt.gan_mode == "wgangp" and norm_D == "batch":
        raise UserError(
            "--gan_mode wgangp with --norm_D batch: the gradient penalty is about each sample by itself, and "
            "batch norm mixes them (Gulrajani et al. 2017, section 4): choose --norm_D none or instance"
        )
    if opt.lambda_ms and not opt.nz:
        raise UserError(f"--lambda_ms {opt.lambda_ms} compares pictures of different noise: add --nz 8")
    if opt.compile and opt.gan_mode == "wgangp":
        raise UserError(
            "--compile cannot differentiate twice, which the penalty of wgangp needs: leave it out"
        )
    if opt.pool_size:
        raise UserError(f"--pool_size {opt.pool_size}: pix2pix keeps no pool of pictures; only 0 is possible")
    if opt.n_critic < 1:
        raise UserError(f"--n_critic {opt.n_critic} must be at least 1")
