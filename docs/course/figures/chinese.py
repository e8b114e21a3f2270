"""Chinese words in the figures, where a font for them is installed (Debian: fonts-noto-cjk)."""

# ruff: noqa: RUF001 (Chinese punctuation)

import re
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib import font_manager
from matplotlib.text import Text

FILES = ["NotoSansCJK-Regular", "NotoSansSC-Regular", "SourceHanSansSC-Regular", "wqy-zenhei"]
WORDS = [  # pattern, words in its place
    ("grey: the slope is below 0.05, and the unit hardly learns",
     "灰色：斜率低于 0.05，几乎学不到东西"),
    (r"^(alpha = .*): (.*) right\nof new samples (.*)\nand cross-entropy (.*)",
     r"\1：分对 \2\n新样本分对 \3\n交叉熵 \4"),
    ("cost", "代价"),
    (r"rate (.*): slow", r"学习率 \1：慢"),
    (r"rate (.*): too large", r"学习率 \1：太大"),
    (r"^rate (.*)", r"学习率 \1"),
    ("the way", "走过的路"),
    ("steps, each over all samples", "步数，每步用所有样本"),
    ("steps", "步数"),
    ("backward", "反向"),
    ("forward", "正向"),
    ("small: ", "小："),
    (r"^zero", "零"),
    (r"^(\d+) units, identity:\n(.*) right", r"\1 个线性单元：\n分对 \2"),
    (r"^(\d+) units, tanh:\n(.*) right", r"\1 个 tanh 单元：\n分对 \2"),
    ("a, the probability of class 1", "a：第 1 类的概率"),
    ("confident\nand wrong: only\ncross-entropy\ncorrects", "自信而错误：\n只有交叉熵\n给出修正"),
    ("cross-entropy: ", "交叉熵："),
    ("dz, the slope of the loss", "dz：损失的斜率"),
    ("loss where y = 1", "y = 1 时的损失"),
    (r"one neuron: (.*) right", r"一个神经元：分对 \1"),
    (r"four and one: (.*) right", r"四个加一个：分对 \1"),
    ("layer 0\ninput", "第 0 层\n输入"),
    ("layer 1\nhidden", "第 1 层\n隐藏"),
    ("layer 2\noutput", "第 2 层\n输出"),
    ("gradient descent", "梯度下降"),
    ("momentum", "动量"),
    (r"^(\d+) times", r"\1 倍"),
    ("The same numbers, measured when this page was built", "结果相同；耗时在生成本页时测得"),
    ("a loop over the samples", "对样本循环"),
    ("milliseconds", "毫秒"),
    ("one matrix product per layer", "每层一次矩阵乘法"),
    ("samples m", "样本数 m"),
]  # fmt: skip


def translated(text):
    """Return a text of a figure in Chinese, as far as there are words for it."""
    for pattern, words in WORDS:
        text = re.sub(pattern, words, text)
    return text


def font():
    """Return the name of an installed font with Chinese characters, or None."""
    paths = {Path(path).stem: path for path in font_manager.findSystemFonts()}
    path = next((paths[name] for name in FILES if name in paths), None)
    if path is None:
        return None
    font_manager.fontManager.addfont(path)
    return font_manager.FontProperties(fname=path).get_name()


def chinese():
    """Translate the present figure; without a font for it, the figure stays in English."""
    name = font()
    for artist in plt.gcf().findobj(Text) if name else ():
        artist.set(
            text=translated(artist.get_text()), family=[name, "DejaVu Sans"], weight="normal"
        )
