"""Writes a tiny Llama with random weights, a byte-level BPE tokenizer trained here, and one LoRA adapter.

Nothing is downloaded. The same arguments give the same files, so recordings can be repeated.

    create_model.py FOLDER
"""

import json
import pathlib
import sys

CORPUS = """
The quick brown fox jumps over the lazy dog. A journey of a thousand miles begins with a single step.
You are a helpful assistant. Answer the question as well as you can, and say so when you do not know the answer.
What is the capital of France? The capital of France is Paris. What is the weather in Berlin today? It is cold and sunny.
Hello, how are you? I am fine, thank you. How can I help you today? Please tell me a short story about the sea.
Once upon a time there was a king who had three sons. The first son went to the north, the second went to the south,
and the third stayed at home with his father. Every morning the old man walked to the harbour and counted the ships.
The model reads a prompt, splits it into tokens, computes keys and values for every token, and stores them in blocks.
A block holds a fixed number of tokens. When two requests share a prefix, the second one can reuse the blocks of the first.
The scheduler picks the requests that run in the next step. A long prompt is computed in several chunks.
def add(a, b): return a + b
def fibonacci(n): return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)
for i in range(10): print(i, "squared is", i * i)
{"name": "get_weather", "arguments": {"city": "Berlin", "unit": "celsius"}}
{"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}, "required": ["city"]}
<tools> You may call one or more functions to assist with the user query. </tools>
Numbers: 0 1 2 3 4 5 6 7 8 9 10 11 12 20 42 64 100 128 256 512 1000 1024 2024 2025 2026 4096 8192.
Distributed inference serves large language models on many endpoints. A router scores each endpoint by queue depth,
cache use and the longest prefix match. Prefill computes the prompt, decode produces one token after the other.
Latency to the first token grows with the length of the prompt; the latency between tokens grows with the batch.
Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday. January, February, March, April, May, June, July.
In the beginning the machines were slow and the programs were small. Then the machines became fast and the programs grew.
Zur Prüfung stehen hier auch Umlaute: Äpfel, Öl, Übung, Straße. Le café est fermé. ¿Dónde está la biblioteca? 東京 🙂
"""

SPECIAL_TOKENS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<tool_call>", "</tool_call>", "<think>", "</think>"]

CHAT_TEMPLATE = """\
{%- if tools %}
{{- '<|im_start|>system\\n' }}
{%- if messages[0].role == 'system' %}
{{- messages[0].content + '\\n\\n' }}
{%- endif %}
{{- 'You may call one or more functions. <tools>' }}
{%- for tool in tools %}
{{- '\\n' }}{{- tool | tojson }}
{%- endfor %}
{{- '\\n</tools>\\nAnswer a call as <tool_call>\\n{"name": ..., "arguments": ...}\\n</tool_call><|im_end|>\\n' }}
{%- endif %}
{%- for message in messages %}
{%- if not (tools and loop.first and message.role == 'system') %}
{{- '<|im_start|>' + message.role + '\\n' }}
{%- if message.content is string %}{{- message.content }}{%- endif %}
{%- if message.tool_calls %}
{%- for call in message.tool_calls %}
{{- '\\n<tool_call>\\n{"name": "' + call.function.name + '", "arguments": ' }}{{- call.function.arguments | tojson }}{{- '}\\n</tool_call>' }}
{%- endfor %}
{%- endif %}
{{- '<|im_end|>\\n' }}
{%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}
"""

VOCABULARY = 1024
CONTEXT = 2048
SEED = 20250101


def train_tokenizer(folder):
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        min_frequency=1,
        special_tokens=SPECIAL_TOKENS[:3],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(CORPUS.strip().split("\n"), trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<|endoftext|> $A", special_tokens=[("<|endoftext|>", tokenizer.token_to_id("<|endoftext|>"))]
    )
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<|endoftext|>",
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        model_max_length=CONTEXT,
        clean_up_tokenization_spaces=False,
    )
    fast.add_tokens(SPECIAL_TOKENS[3:])
    fast.chat_template = CHAT_TEMPLATE
    fast.save_pretrained(folder)
    if not (folder / "chat_template.jinja").exists():
        (folder / "chat_template.jinja").write_text(CHAT_TEMPLATE)
    return fast


def create_weights(folder, tokenizer):
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(SEED)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        head_dim=32,
        max_position_embeddings=CONTEXT,
        initializer_range=0.2,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        tie_word_embeddings=False,
        torch_dtype="bfloat16",
    )
    model = LlamaForCausalLM(config).to(torch.bfloat16)
    model.save_pretrained(folder, safe_serialization=True)


def create_adapter(folder):
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(SEED + 1)
    rank = 8
    tensors = {}
    for layer in range(2):
        for projection in ("q_proj", "v_proj"):
            prefix = f"base_model.model.model.layers.{layer}.self_attn.{projection}"
            tensors[f"{prefix}.lora_A.weight"] = torch.randn(rank, 64, dtype=torch.bfloat16)
            tensors[f"{prefix}.lora_B.weight"] = torch.randn(64, rank, dtype=torch.bfloat16)
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, str(folder / "adapter_model.safetensors"))
    adapter = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": "tiny",
        "r": rank,
        "lora_alpha": 16,
        "lora_dropout": 0.0,
        "bias": "none",
        "target_modules": ["q_proj", "v_proj"],
        "use_dora": False,
        "modules_to_save": None,
    }
    (folder / "adapter_config.json").write_text(json.dumps(adapter, indent=2))


def main():
    home = pathlib.Path(sys.argv[1])
    model = home / "tiny"
    model.mkdir(parents=True, exist_ok=True)
    create_weights(model, train_tokenizer(model))
    create_adapter(home / "tiny-lora")
    print(model)


if __name__ == "__main__":
    main()
