# The builder: compiles src/ to dist/ and puts the pages' files into dist/public.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# With the optional packages: the compiler is a native program.
RUN npm ci --ignore-scripts
COPY .swcrc ./
COPY scripts ./scripts
COPY src ./src
RUN npm run build

# What runs: the compiled program, its migrations, its dependencies. PostgreSQL is not in it: set DATABASE_URL or
# DATABASE_URL_FILE. Nothing is written to the file system, so it may be read-only.
FROM node:24-bookworm-slim
ENV NODE_ENV=production
ENV HOST=0.0.0.0 PORT=8000
ENV ADMIN_HOST=127.0.0.1 ADMIN_PORT=9000
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts && npm cache clean --force
COPY drizzle ./drizzle
COPY --from=build /app/dist ./dist
# The user "node", by number: Kubernetes can only tell from a number that it is not root.
USER 1000:1000
EXPOSE 8000
STOPSIGNAL SIGTERM
# "Healthy" means that requests can be answered, the database included. /livez tells only that the process lives.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.ADMIN_PORT}/readyz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--heap-growing-percent=20", "--use-largepages=silent", "dist/bundle.js"]
