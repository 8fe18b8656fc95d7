/**
 * The Java client of a Walnut cluster. Beside {@code import io.walnut.client.*} its {@code Record} has to be imported by its name:
 * {@code java.lang} has one, too.
 */
@NullMarked
package io.walnut.client;

import org.jspecify.annotations.NullMarked;
