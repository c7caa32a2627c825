/* money/builtin_prices_data.S — the bytes of prices/, as they are reviewed. */
.section .rodata
.global purser_prices_openai
.global purser_prices_openai_end
purser_prices_openai:
.incbin "prices/openai.json"
purser_prices_openai_end:
.global purser_prices_anthropic
.global purser_prices_anthropic_end
purser_prices_anthropic:
.incbin "prices/anthropic.json"
purser_prices_anthropic_end:
.global purser_prices_google
.global purser_prices_google_end
purser_prices_google:
.incbin "prices/google.json"
purser_prices_google_end:
.global purser_prices_xai
.global purser_prices_xai_end
purser_prices_xai:
.incbin "prices/xai.json"
purser_prices_xai_end:
.global purser_prices_deepseek
.global purser_prices_deepseek_end
purser_prices_deepseek:
.incbin "prices/deepseek.json"
purser_prices_deepseek_end:
.global purser_prices_mistral
.global purser_prices_mistral_end
purser_prices_mistral:
.incbin "prices/mistral.json"
purser_prices_mistral_end:
.global purser_prices_groq
.global purser_prices_groq_end
purser_prices_groq:
.incbin "prices/groq.json"
purser_prices_groq_end:
.global purser_prices_moonshot
.global purser_prices_moonshot_end
purser_prices_moonshot:
.incbin "prices/moonshot.json"
purser_prices_moonshot_end:
.global purser_prices_zhipu
.global purser_prices_zhipu_end
purser_prices_zhipu:
.incbin "prices/zhipu.json"
purser_prices_zhipu_end:
.global purser_prices_minimax
.global purser_prices_minimax_end
purser_prices_minimax:
.incbin "prices/minimax.json"
purser_prices_minimax_end:
.global purser_prices_cohere
.global purser_prices_cohere_end
purser_prices_cohere:
.incbin "prices/cohere.json"
purser_prices_cohere_end:
.global purser_prices_together
.global purser_prices_together_end
purser_prices_together:
.incbin "prices/together.json"
purser_prices_together_end:
.global purser_prices_fireworks
.global purser_prices_fireworks_end
purser_prices_fireworks:
.incbin "prices/fireworks.json"
purser_prices_fireworks_end:
.global purser_prices_perplexity
.global purser_prices_perplexity_end
purser_prices_perplexity:
.incbin "prices/perplexity.json"
purser_prices_perplexity_end:
.global purser_prices_openrouter
.global purser_prices_openrouter_end
purser_prices_openrouter:
.incbin "prices/openrouter.json"
purser_prices_openrouter_end:
.global purser_prices_cerebras
.global purser_prices_cerebras_end
purser_prices_cerebras:
.incbin "prices/cerebras.json"
purser_prices_cerebras_end:
.global purser_prices_vercel_gateway
.global purser_prices_vercel_gateway_end
purser_prices_vercel_gateway:
.incbin "prices/vercel-gateway.json"
purser_prices_vercel_gateway_end:
.section .note.GNU-stack,"",@progbits
