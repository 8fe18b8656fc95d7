@NullMarked
package io.walnut.node.http;

import org.jspecify.annotations.NullMarked;
