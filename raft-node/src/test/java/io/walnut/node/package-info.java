@NullMarked
package io.walnut.node;

import org.jspecify.annotations.NullMarked;
