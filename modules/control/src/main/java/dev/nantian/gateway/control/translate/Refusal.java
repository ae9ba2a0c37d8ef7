package dev.nantian.gateway.control.translate;

/** Why a condition does not hold: its reason and message. */
record Refusal(String reason, String message) {}
