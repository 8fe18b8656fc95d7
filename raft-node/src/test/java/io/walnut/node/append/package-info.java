@NullMarked
package io.walnut.node.append;

import org.jspecify.annotations.NullMarked;
