"""Blob: one value of one row as a file-like object."""

import weakref

from sqlrite._sqlrite import ProgrammingError, _BlobHandle, _register_blob

SEEK_SET, SEEK_CUR, SEEK_END = 0, 1, 2
INT_MAX = 0x7FFFFFFF


def _contiguous(data):
    view = memoryview(data)
    if not view.c_contiguous:
        raise BufferError("underlying buffer is not C-contiguous")
    return bytes(view)


class Blob:
    """Reads and writes pieces of a value without going through SQL; made by Connection.blobopen()."""

    def __new__(cls, *args, **kwargs):
        raise TypeError(f"cannot create '{cls.__module__}.{cls.__qualname__}' instances")

    def _check(self):
        self._handle.check_owner()
        if not self._handle.is_open():
            raise ProgrammingError("Cannot operate on a closed blob.")

    def _end(self):
        self._handle.end()

    def close(self):
        """Ends the handle; a second time does nothing."""
        self._handle.check_owner()
        self._handle.end()

    def __len__(self):
        self._check()
        return self._handle.size()

    def read(self, length=-1, /):
        """The next `length` bytes, or what is left when it is negative or less remains."""
        self._check()
        left = max(self._handle.size() - self._position, 0)
        if length < 0 or length > left:
            length = left
        data = self._handle.read(self._position, length) if length > 0 else b""
        self._position += length
        return data

    def write(self, data, /):
        """Writes bytes at the position; the size of the value stays."""
        self._check()
        data = _contiguous(data)
        if len(data) > self._handle.size() - self._position:
            raise ValueError("data longer than blob length")
        if data:
            self._handle.write(self._position, data)
        self._position += len(data)

    def seek(self, offset, origin=SEEK_SET, /):
        """Moves the position: from the start (0), from where it is (1), from the end (2)."""
        self._check()
        size = self._handle.size()
        if origin == SEEK_CUR:
            offset += self._position
        elif origin == SEEK_END:
            offset += size
        elif origin != SEEK_SET:
            raise ValueError("'origin' should be os.SEEK_SET, os.SEEK_CUR, or os.SEEK_END")
        if offset > INT_MAX:
            raise OverflowError("seek offset results in overflow")
        if offset < 0 or offset > size:
            raise ValueError("offset out of blob range")
        self._position = offset

    def tell(self):
        """The position."""
        self._check()
        return self._position

    def __enter__(self):
        self._check()
        return self

    def __exit__(self, type, value, traceback):
        self._check()
        self.close()

    def _index(self, index):
        size = self._handle.size()
        try:
            position = index.__index__()
        except AttributeError:
            raise TypeError("Blob indices must be integers") from None
        if position >= 2**63 or position < -(2**63):
            raise IndexError("cannot fit 'int' into an index-sized integer")
        if position < 0:
            position += size
        if not 0 <= position < size:
            raise IndexError("Blob index out of range")
        return position

    def __getitem__(self, index):
        self._check()
        if isinstance(index, slice):
            start, stop, step = index.indices(self._handle.size())
            if stop <= start and step > 0:
                return b""
            if step == 1:
                return self._handle.read(start, stop - start)
            return self._handle.read(0, self._handle.size())[index]
        return self._handle.read(self._index(index), 1)[0]

    def __setitem__(self, index, value):
        self._check()
        if isinstance(index, slice):
            positions = range(*index.indices(self._handle.size()))
            data = _contiguous(value)
            if len(data) != len(positions):
                raise IndexError("Blob slice assignment is wrong size")
            if not data:
                return
            if positions.step == 1:
                self._handle.write(positions.start, data)
                return
            whole = bytearray(self._handle.read(0, self._handle.size()))
            whole[index] = data
            self._handle.write(0, bytes(whole))
            return
        position = self._index(index)
        if not isinstance(value, int):
            raise TypeError(f"'{type(value).__name__}' object cannot be interpreted as an integer")
        if not 0 <= value <= 255:
            raise ValueError("byte must be in range(0, 256)")
        self._handle.write(position, bytes([value]))

    def __delitem__(self, index):
        self._check()
        if isinstance(index, slice):
            raise TypeError("Blob doesn't support slice deletion")
        raise TypeError("Blob doesn't support item deletion")

    def __contains__(self, value):
        raise TypeError("argument of type 'Blob' is not iterable")

    def __iter__(self):
        raise TypeError("'Blob' object is not iterable")


def open_blob(connection, name, table, column, row, readonly):
    """A Blob on that value."""
    handle = _BlobHandle(connection, name, table, column, row, bool(readonly))
    blob = object.__new__(Blob)
    blob._handle = handle
    blob._position = 0
    _register_blob(connection, weakref.ref(blob))
    return blob
