/** The Walnut server: its assembly and its main program. */
@NullMarked
package io.walnut.node;

import org.jspecify.annotations.NullMarked;
