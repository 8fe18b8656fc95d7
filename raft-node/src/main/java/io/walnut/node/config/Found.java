package io.walnut.node.config;

/** A value as somebody wrote it. */
record Found(String text, Origin origin) {}
