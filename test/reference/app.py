"""The live reference: a small FastAPI application that answers as the old API did.

It runs the old server's own stack (requirements.txt pins every package), keeps its records in the memory of the
process and starts empty. Its typed form is the contract; its untyped form (``--untyped`` or ``REFERENCE_UNTYPED=1``)
takes any string for waste_type, unit and status, as the deployed server does.

It is a test tool: nothing here is part of the product.
"""

import argparse
import asyncio
import os
import re
import sys
from contextlib import asynccontextmanager
from datetime import datetime
from enum import Enum
from itertools import islice
from pathlib import Path
from typing import Any, Awaitable, Callable, List, Optional

import uvicorn
from fastapi import FastAPI, HTTPException
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel

STATIC = Path(__file__).resolve().parent / "static"

# The old server was started through uvicorn's command line, whose frames lie below every request. This program starts
# with eight frames fewer, so it may nest eight levels less for the same depths: echoed up to 966 nested arrays or
# objects, 500 at 967 and 968, 400 from 969 on.
RECURSION_LIMIT = 992


class WasteType(str, Enum):
    organic = "organic"
    plastic = "plastic"
    paper = "paper"
    metal = "metal"
    glass = "glass"
    electronic = "electronic"


class Unit(str, Enum):
    kg = "kg"
    tons = "tons"
    liters = "liters"


class Status(str, Enum):
    pending = "pending"
    completed = "completed"


class Location(BaseModel):
    id: Optional[int] = None
    name: str
    address: str
    latitude: float
    longitude: float
    zone: str


class Store:
    """Two ordered lists and two counters, each from 1."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.collections: List[Any] = []
        self.locations: List[Location] = []
        self.next_collection = 1
        self.next_location = 1

    def load(self, model: type, file: str, count: int) -> None:
        """Adds the first `count` collections of a file of JSON bodies, one a line, as if they were created."""
        with open(file, "rb") as lines:
            for line in islice(lines, count):
                collection = model.model_validate_json(line)
                collection.id = self.next_collection
                self.next_collection += 1
                self.collections.append(collection)

    def position(self, collection_id: int) -> int:
        """The place of the collection in the list; 404 if there is none."""
        for position, collection in enumerate(self.collections):
            if collection.id == collection_id:
                return position
        raise HTTPException(status_code=404, detail="Collection not found")


def typed_model() -> type:
    class WasteCollection(BaseModel):
        id: Optional[int] = None
        location: str
        waste_type: WasteType
        quantity: float
        unit: Unit
        collected_date: datetime
        status: Status = Status.pending

    return WasteCollection


def untyped_model() -> type:
    class WasteCollection(BaseModel):
        id: Optional[int] = None
        location: str
        waste_type: str
        quantity: float
        unit: str
        collected_date: datetime
        status: str = "pending"

    return WasteCollection


def text(value: Any) -> str:
    return value.value if isinstance(value, Enum) else value


def create_app(store: Store, untyped: bool, reset_port: Optional[int]) -> FastAPI:
    """The application over `store`; a `reset_port` adds a second, loopback port that empties it."""
    WasteCollection = untyped_model() if untyped else typed_model()

    def load(count: int) -> None:
        store.load(WasteCollection, os.environ.get("REFERENCE_SEED_FILE", os.devnull), count)

    @asynccontextmanager
    async def lifespan(_: FastAPI):
        if reset_port is None:
            yield
            return
        async with await asyncio.start_server(empty_on_request(store, load), "127.0.0.1", reset_port):
            yield

    app = FastAPI(
        title="Waste Management System",
        description="A modern waste management system with tracking and analytics",
        version="1.0.0",
        lifespan=lifespan,
    )
    app.add_middleware(
        CORSMiddleware, allow_origins=["*"], allow_credentials=True, allow_methods=["*"], allow_headers=["*"]
    )
    app.mount("/static", StaticFiles(directory=STATIC), name="static")

    @app.get("/", response_class=HTMLResponse)
    async def read_root():
        """Serve the main frontend page"""
        return (STATIC / "index.html").read_text(encoding="utf-8")

    add_collections(app, store, WasteCollection)
    add_locations(app, store)
    add_analytics(app, store)
    return app


def add_collections(app: FastAPI, store: Store, WasteCollection: type) -> None:
    @app.get("/api/collections", response_model=List[WasteCollection])
    async def get_collections():
        """Get all waste collections"""
        return store.collections

    @app.post("/api/collections", response_model=WasteCollection)
    async def create_collection(collection: WasteCollection):
        """Create a new waste collection record"""
        collection.id = store.next_collection
        store.next_collection += 1
        store.collections.append(collection)
        return collection

    @app.get("/api/collections/{collection_id}", response_model=WasteCollection)
    async def get_collection(collection_id: int):
        """Get a specific waste collection by ID"""
        return store.collections[store.position(collection_id)]

    @app.put("/api/collections/{collection_id}", response_model=WasteCollection)
    async def update_collection(collection_id: int, collection: WasteCollection):
        """Update a waste collection"""
        position = store.position(collection_id)
        collection.id = store.collections[position].id
        store.collections[position] = collection
        return collection

    @app.delete("/api/collections/{collection_id}")
    async def delete_collection(collection_id: int):
        """Delete a waste collection"""
        del store.collections[store.position(collection_id)]
        return {"message": "Collection deleted successfully"}


def add_locations(app: FastAPI, store: Store) -> None:
    @app.get("/api/locations", response_model=List[Location])
    async def get_locations():
        """Get all locations"""
        return store.locations

    @app.post("/api/locations", response_model=Location)
    async def create_location(location: Location):
        """Create a new location"""
        location.id = store.next_location
        store.next_location += 1
        store.locations.append(location)
        return location


def add_analytics(app: FastAPI, store: Store) -> None:
    @app.get("/api/analytics")
    async def get_analytics():
        """Get waste collection analytics"""
        waste_by_type: dict = {}
        for collection in store.collections:
            key = text(collection.waste_type)
            # The first quantity itself, not 0 + quantity: a single -0.0 keeps its sign.
            if key in waste_by_type:
                waste_by_type[key] += collection.quantity
            else:
                waste_by_type[key] = collection.quantity
        states = [text(collection.status) for collection in store.collections]
        return {
            "total_collections": len(states),
            "pending_collections": states.count("pending"),
            "completed_collections": states.count("completed"),
            "waste_by_type": waste_by_type,
        }

    @app.get("/health")
    async def health_check():
        """Health check endpoint"""
        return {"status": "healthy", "timestamp": datetime.now().isoformat()}


def empty_on_request(
    store: Store, load: Callable[[int], None]
) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    """Every HTTP request without a body, whatever its method and path, empties the store and is answered 204.

    The path /rows/N then adds the first N collections of REFERENCE_SEED_FILE.
    """

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                store.clear()
                if rows := re.match(rb"\S+ /rows/(\d+) ", head):
                    load(int(rows[1]))
                writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    return serve


def optional_port(name: str) -> Optional[int]:
    value = os.environ.get(name, "")
    if not value:
        return None
    if not value.isdigit() or not 0 < int(value) < 65536:
        sys.exit(f"{name} must be a port from 1 to 65535, got {value!r}")
    return int(value)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on (default 8000)")
    parser.add_argument("--untyped", action="store_true", help="any string for waste_type, unit and status")
    arguments = parser.parse_args()
    untyped = arguments.untyped or os.environ.get("REFERENCE_UNTYPED") == "1"
    sys.setrecursionlimit(RECURSION_LIMIT)
    app = create_app(Store(), untyped, optional_port("REFERENCE_RESET_PORT"))
    uvicorn.run(app, host=arguments.host, port=arguments.port, log_level="critical", access_log=False)


if __name__ == "__main__":
    main()
