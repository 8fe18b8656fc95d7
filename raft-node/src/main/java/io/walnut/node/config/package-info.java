/**
 * What a node is told when it starts.
 *
 * <pre>
 *   flags > WALNUT_… environment > YAML file > defaults   --ConfigSources-->  text by key, each with its origin
 *                                                         --NodeConfig----->  checked, typed, immutable
 * </pre>
 *
 * <p>{@link Settings} is the one list of keys. Nothing is read later than the start, and nothing is guessed: an unknown
 * key or a value out of range ends the start with a {@link ConfigException} that says where it stands, what was found,
 * what was expected and what to do.
 */
@NullMarked
package io.walnut.node.config;

import org.jspecify.annotations.NullMarked;
