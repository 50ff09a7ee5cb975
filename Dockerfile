# The site, for other people: docs/deploying.md. It needs a SECRET_KEY, and HTTPS in front of it.
#
#     docker build -t tessera .
#     docker run --rm -p 3000:3000 -e SECRET_KEY="$(openssl rand -base64 32)" -v tessera:/app/var tessera

# The full image has what it takes to compile sqlite3, where no binary of it fits.
FROM node:24-bookworm AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The package's own `prepare` would compile sources that are not there yet.
RUN npm ci --ignore-scripts && npm rebuild sqlite3
COPY . .
RUN npx tsc

FROM node:24-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0
WORKDIR /app
COPY --from=build /app .
RUN mkdir -p var && chown node:node var
USER node
VOLUME /app/var
EXPOSE 3000
HEALTHCHECK CMD ["node", "-e", "fetch('http://127.0.0.1:3000/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Not `npm start`: npm would get the signals instead of the server.
CMD ["node", "build/src/site/server.js"]
