package io.llmd.configserver.edge;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Lets through reads of a configuration, hands those of the operations console to its gate, and answers everything else itself,
 * before any controller sees it: 404 for other paths, plain-text files and the encryption endpoints included, 405 for other
 * methods.
 */
@Component
@Order(Ordered.HIGHEST_PRECEDENCE)
final class ConfigPathFilter extends OncePerRequestFilter {

    private final AdminGate admin;

    ConfigPathFilter(AdminGate admin) {
        this.admin = admin;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        String path = request.getRequestURI();
        if (admin.covers(path)) {
            admin.pass(request, response, chain);
        } else if (!ConfigPath.isConfiguration(path) || request.getQueryString() != null) {
            // A query can turn a label into the name of a file to serve as it is.
            response.setStatus(HttpServletResponse.SC_NOT_FOUND);
        } else if (!AdminGate.isRead(request.getMethod())) {
            response.setHeader("Allow", "GET, HEAD");
            response.setStatus(HttpServletResponse.SC_METHOD_NOT_ALLOWED);
        } else {
            // The library's controllers would take every path of two names, so that they have a place of their own.
            request.getRequestDispatcher(ConfigPath.PREFIX + path).forward(request, response);
        }
    }
}
